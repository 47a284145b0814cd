"""What the service is measured beside: the server with nothing in it, and the usual tutorial."""

from __future__ import annotations

HELLO = '''
"""A bare ASGI application on the same server, with the same settings."""
import sys, uvicorn

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"18")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"riskScore": 0.5}'})

uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", lifespan="off",
            access_log=False, server_header=False, log_level="warning")
'''

TUTORIAL = '''
"""What tutorials build: Flask, and a torch LSTM over a dictionary of past logins."""
import json, sys
from collections import defaultdict
import numpy as np, torch
from flask import Flask, jsonify, request

STEPS, FEATURES = 16, int(sys.argv[2])
torch.manual_seed(1)

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(FEATURES, 64, num_layers=2, batch_first=True)
        self.out = torch.nn.Linear(64, 1)
    def forward(self, x):
        states, _ = self.lstm(x)
        return torch.sigmoid(self.out(states[:, -1]))

model = Model().eval()
past = defaultdict(list)
app = Flask(__name__)

def encode(login):
    row = np.zeros(FEATURES, np.float32)
    for key, value in login.items():
        row[hash((key, str(value))) % FEATURES] = 1.0
    return row

@app.post("/")
def score():
    login = json.loads(request.data)
    rows = past[login["userID"]]
    rows.append(encode(login))
    del rows[:-STEPS]
    window = np.zeros((1, STEPS, FEATURES), np.float32)
    window[0, -len(rows):] = rows
    with torch.no_grad():
        risk = float(model(torch.from_numpy(window)))
    return jsonify({"riskScore": risk})

from werkzeug.serving import WSGIRequestHandler
WSGIRequestHandler.protocol_version = "HTTP/1.1"  # connections are kept, as ours are
app.run(port=int(sys.argv[1]), threaded=True)
'''
