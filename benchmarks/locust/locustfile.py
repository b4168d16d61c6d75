"""Sends a file of requests to a gateway, and writes samples as JMeter does.

Environment:
  TURNSTILE_REQUESTS  CSV with the columns token, body and status, as `turnstile simulate generate --requests` writes it
  TURNSTILE_SAMPLES   gets the samples, for `turnstile bench import`
  TURNSTILE_RATE      requests per second of all users together, at most
  LOCUST_USERS        how many users; each asks again once it has its answer

It ends when all requests are sent and answered.
"""

import csv
import os

import gevent
from locust import FastHttpUser, constant_throughput, events, task
from locust.exception import StopUser

LABEL = "transaction"
COLUMNS = ["timeStamp", "elapsed", "label", "responseCode", "responseMessage", "success", "allThreads"]
NO_STATUS = 0
USERS = int(os.environ["LOCUST_USERS"])
RATE = float(os.environ["TURNSTILE_RATE"])

# All users are in one thread, and nothing below gives way to another one between two statements but a request.
requests_file = open(os.environ["TURNSTILE_REQUESTS"], encoding="utf-8", newline="")
requests = csv.DictReader(requests_file)
samples_file = open(os.environ["TURNSTILE_SAMPLES"], "w", encoding="utf-8", newline="")
samples = csv.writer(samples_file)
samples.writerow(COLUMNS)


@events.request.add_listener
def write_sample(name, response_time, response, exception, start_time, **_):
    status = getattr(response, "status_code", NO_STATUS)
    success = "true" if exception is None else "false"
    message = "" if exception is None else str(exception)
    samples.writerow([int(start_time * 1000), round(response_time), name, status, message, success, USERS])


@events.quitting.add_listener
def close_files(**_):
    samples_file.close()
    requests_file.close()


class Customer(FastHttpUser):
    """Sends one transaction after the other; which answers are right, the file says."""

    wait_time = constant_throughput(RATE / USERS)
    ended = False

    @task
    def send_transaction(self):
        row = next(requests, None)
        if row is None:
            if not Customer.ended:
                Customer.ended = True
                # By another greenlet: it waits until all users have their last answer, this one too.
                gevent.spawn(self.environment.runner.quit)
            raise StopUser()
        headers = {"Authorization": "Bearer " + row["token"], "Content-Type": "application/json"}
        with self.client.post(
            "/v1/transactions", data=row["body"].encode("utf-8"), headers=headers, name=LABEL, catch_response=True
        ) as response:
            if str(response.status_code) in row["status"].split("|"):
                response.success()
            else:
                response.failure("status %d instead of %s" % (response.status_code, row["status"]))
