import sys, time
from hypothesis import settings, seed, HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test
from kepthour.runtime.logs import set_up
import structlog, logging
from tests.model.machine import Weeks
set_up(0)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
n=int(sys.argv[1]); s=int(sys.argv[2])
t=time.process_time()
try:
    seed(s)(Weeks)
    run_state_machine_as_test(Weeks, settings=settings(max_examples=n, stateful_step_count=12, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate] if len(sys.argv)>3 else [Phase.generate,Phase.shrink]))
finally:
    print("cpu", time.process_time()-t)
