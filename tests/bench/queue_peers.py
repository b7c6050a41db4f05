"""Speed of widely used job queues with jobs that do nothing, on a given redis-server: the peers of queue_bench.

    queue_peers.py HOST:PORT [JOBS [WORKERS]]     needs the packages rq and celery; prints JSON

Each peer gets what favours it: one job per task (no follow-up), batched submission, worker processes that are already
up, no payload. The time runs from the first submission until every job is known to be done.
"""

import json
import multiprocessing
import subprocess
import sys
import time
import os

import celery
import redis
import rq

ADDRESS = os.environ.get("QUEUE_PEERS_ADDRESS") or (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:6379")
HOST, PORT = ADDRESS.rsplit(":", 1)

app = celery.Celery("queue_peers", broker=f"redis://{ADDRESS}/1", backend=f"redis://{ADDRESS}/2")
app.conf.update(worker_prefetch_multiplier=64, task_acks_late=True, worker_hijack_root_logger=False)


@app.task
def nothing():
    return None


def connection():
    return redis.Redis(host=HOST, port=int(PORT))


def work_rq(worker_class):
    worker_class([rq.Queue(connection=connection())], connection=connection()).work(logging_level="ERROR")


def measure_rq(worker_class, jobs, workers):
    connection().flushall()
    processes = [multiprocessing.Process(target=work_rq, args=(worker_class,)) for _ in range(workers)]
    for process in processes:
        process.start()
    while len(rq.Worker.all(connection=connection())) < workers:
        time.sleep(0.05)
    queue = rq.Queue(connection=connection())
    start = time.monotonic()
    for first in range(0, jobs, 500):
        size = min(500, jobs - first)
        queue.enqueue_many([rq.Queue.prepare_data("queue_peers.nothing_plain") for _ in range(size)])
    finished = rq.registry.FinishedJobRegistry(queue=queue)
    while finished.get_job_count(cleanup=False) < jobs:
        time.sleep(0.02)
    seconds = time.monotonic() - start
    for process in processes:
        process.terminate()
        process.join()
    return jobs / seconds


def nothing_plain():
    return None


def measure_celery(jobs, workers):
    connection().flushall()
    command = [sys.executable, "-m", "celery", "-A", "queue_peers", "worker", "-c", str(workers), "-l", "ERROR"]
    environment = dict(os.environ, QUEUE_PEERS_ADDRESS=ADDRESS, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        nothing.delay().get(timeout=60)  # it is up
        start = time.monotonic()
        celery.group(nothing.s() for _ in range(jobs)).apply_async().join(interval=0.02)
        return jobs / (time.monotonic() - start)
    finally:
        worker.terminate()
        worker.wait()


def main():
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    # Imported by name, so that worker and client mean the same task.
    import queue_peers

    cases = [
        {"peer": f"RQ {rq.VERSION}, SimpleWorker (no process per job)",
         "tasks_per_s": measure_rq(rq.SimpleWorker, jobs, workers)},
        {"peer": f"RQ {rq.VERSION}, Worker (the default)",
         "tasks_per_s": measure_rq(rq.Worker, max(jobs // 10, 1), workers)},
        {"peer": f"Celery {celery.__version__}, prefork", "tasks_per_s": queue_peers.measure_celery(jobs, workers)},
    ]
    print(json.dumps({"benchmark": "queue_peers", "jobs": jobs, "workers": workers, "cases": cases}, indent=2))


if __name__ == "__main__":
    main()
