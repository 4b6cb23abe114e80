import sys, time, re, collections, logging
import structlog
from hypothesis import settings, seed, HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test
from kepthour.runtime.logs import set_up
from tests.model import machine
from tests.model.judge import Fault
set_up(0)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
n=int(sys.argv[1]); s=int(sys.argv[2])
show=sys.argv[3] if len(sys.argv)>3 else None
tally=collections.Counter(); best={}; runs=0; ent=collections.Counter()
class Tally(machine.Weeks):
    def teardown(self):
        global runs
        runs+=1
        w=self.world
        try:
            super().teardown()
            if runs%20==0: print(runs, time.process_time()-t, file=sys.stderr)
            for e in w.story.entries:
                k=type(e).__name__+(e.verdict if hasattr(e,'verdict') else '')
                ent[k]+=1
        except AssertionError as e:
            msg=str(e); first=msg.split("\n")[0]
            cat=re.sub(r"\[[^]]*\]","[R]",re.sub(r"^\w+ \d+ [\d:]+: ","",first)); cat=re.sub(r"[A-Z]{2} at \w+ \d+ [\d:]+","S",cat); cat=re.sub(r"\d[\d:.]*","N",cat); cat=re.sub(r"screen|phone","CH",cat)
            tally[cat]+=1
            if cat not in best or len(msg)<len(best[cat]): best[cat]=msg
seed(s)(Tally)
t=time.process_time()
run_state_machine_as_test(Tally, settings=settings(max_examples=n, stateful_step_count=8, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]))
print("runs",runs,"cpu per run ms",1000*(time.process_time()-t)/max(runs,1), "faults", sum(tally.values()))
print(dict(ent))
for k,v in tally.most_common(): print(v,k)
if show:
    for k,m in best.items():
        if re.search(show,k): print("-----");print(m)
