"""As little as runs handler.py in Lambda: Lambda's own Python runtime does this and more.

    lambda_python.py               takes events from the Runtime API
    lambda_python.py BUCKET...     looks after these buckets, one after the other, and ends
"""

import http.client
import json
import os
import sys


def serve():
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    from handler import handler

    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = connection.getresponse()
        request_id, event = answer.headers["lambda-runtime-aws-request-id"], json.loads(answer.read())
        try:
            path, result = "response", handler(event, None)
        except Exception as error:
            path, result = "error", {"errorMessage": repr(error), "errorType": type(error).__name__}
        connection.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/{path}", json.dumps(result))
        connection.getresponse().read()


if len(sys.argv) == 1:
    serve()
else:
    from handler import reconcile

    for bucket in sys.argv[1:]:
        reconcile(bucket)
