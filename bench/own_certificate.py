"""HTTPS for what is measured: a certificate made on the spot, which its clients take unseen."""

import pathlib
import ssl
import subprocess


def write_web_config(folder, more=""):
    """A web configuration file, which connwatchd and node_exporter understand. Returns its path."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-keyout", f"{folder}/bench.key", "-out", f"{folder}/bench.crt"],
                   check=True, capture_output=True)
    web = pathlib.Path(folder, "web.yml")
    web.write_text("tls_server_config: {cert_file: bench.crt, key_file: bench.key}\n" + more,
                   encoding="ascii")
    return str(web)


def client_context():
    """For a client that does not ask who it talks to."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
