"""The manifests of config/kubernetes: objects that the API knows, which agree with each other, with
the binary and with the drain. Schemas are those of Debian's python3-kubernetes."""

import json
import os
import pathlib
import re
import subprocess
import unittest

import yaml
from kubernetes import client

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "kubernetes"
MODELS = {
    "ServiceAccount": "V1ServiceAccount", "Deployment": "V1Deployment", "Service": "V1Service",
    "PodDisruptionBudget": "V1PodDisruptionBudget", "NetworkPolicy": "V1NetworkPolicy",
    # Debian 12 knows the version before, which has the same fields.
    "HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler"
                               if hasattr(client, "V2HorizontalPodAutoscaler")
                               else "V2beta2HorizontalPodAutoscaler",
}


def documents(name):
    return [one for one in yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")) if one]


def objects():
    """Every object that the kustomization applies, by kind and name."""
    found = {}
    for name in documents("kustomization.yaml")[0]["resources"]:
        for one in documents(name):
            found[(one["kind"], one["metadata"]["name"])] = one
    return found


class Answer:
    def __init__(self, value):
        self.data = json.dumps(value)


def as_the_api_reads_it(one, model):
    """Throws for wrong types and what is missing; unknown fields are gone afterwards."""
    api = client.ApiClient()
    return api.sanitize_for_serialization(api.deserialize(Answer(one), model))


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


class Manifests(unittest.TestCase):
    def setUp(self):
        self.objects = objects()
        self.pod = self.objects[("Deployment", "spillway")]["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]
        self.config = documents("spillway.yaml")[0]

    def test_every_object_is_one_that_the_api_knows_field_by_field(self):
        for (kind, name), one in self.objects.items():
            if kind in MODELS:
                self.assertEqual(as_the_api_reads_it(one, MODELS[kind]), one, f"{kind} {name}")

    def test_an_unknown_field_would_be_found(self):
        wrong = dict(self.objects[("Deployment", "spillway")], spek={})
        self.assertNotEqual(as_the_api_reads_it(wrong, "V1Deployment"), wrong)

    def test_every_file_is_applied_or_says_for_whom_it_is(self):
        applied = set(documents("kustomization.yaml")[0]["resources"])
        others = {"kustomization.yaml", "spillway.yaml", "adapter-rules.yaml"}
        self.assertEqual({path.name for path in FOLDER.iterdir()}, applied | others)

    def test_the_binary_takes_the_configuration(self):
        checked = subprocess.run(
            [os.environ["SPILLWAY_BINARY"], "check-config", "--config", FOLDER / "spillway.yaml"],
            capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_ports_are_those_of_the_configuration(self):
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        listen = {"http": self.config["server"]["listen"][0], "control": self.config["control"]["listen"]}
        for name, address in listen.items():
            self.assertEqual(ports[name], int(address.rsplit(":", 1)[1]), name)

    def test_probes_ask_the_control_port_and_pages_that_there_are(self):
        for name, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"),
                           ("readinessProbe", "/readyz")):
            self.assertEqual(self.container[name]["httpGet"], {"path": path, "port": "control"}, name)

    def test_the_grace_period_is_longer_than_the_drain(self):
        drain = self.config["drain"]
        self.assertGreater(self.pod["terminationGracePeriodSeconds"],
                           seconds(drain["lame_duck"]) + seconds(drain["timeout"]) + 2)

    def test_the_configuration_is_mounted_where_the_service_looks(self):
        path = next(one["value"] for one in self.container["env"] if one["name"] == "SPILLWAY_CONFIG")
        mount = self.container["volumeMounts"][0]
        generated = documents("kustomization.yaml")[0]["configMapGenerator"][0]
        self.assertEqual(path, f"{mount['mountPath']}/{generated['files'][0]}")
        self.assertEqual(self.pod["volumes"][0]["configMap"]["name"], generated["name"])

    def test_selectors_find_the_pods(self):
        labels = self.objects[("Deployment", "spillway")]["spec"]["template"]["metadata"]["labels"]
        for kind, name, path in (("Deployment", "spillway", ("selector", "matchLabels")),
                                 ("Service", "spillway", ("selector",)),
                                 ("Service", "spillway-control", ("selector",)),
                                 ("PodDisruptionBudget", "spillway", ("selector", "matchLabels")),
                                 ("NetworkPolicy", "spillway", ("podSelector", "matchLabels"))):
            selector = self.objects[(kind, name)]["spec"]
            for key in path:
                selector = selector[key]
            self.assertLessEqual(selector.items(), labels.items(), f"{kind} {name}")

    def test_the_service_monitor_finds_the_control_service(self):
        monitor = self.objects[("ServiceMonitor", "spillway")]["spec"]
        service = self.objects[("Service", "spillway-control")]
        self.assertLessEqual(monitor["selector"]["matchLabels"].items(),
                             service["metadata"]["labels"].items())
        self.assertIn(monitor["endpoints"][0]["port"], [p["name"] for p in service["spec"]["ports"]])

    def test_the_metric_that_scales_is_made_of_series_that_there_are(self):
        rule = documents("adapter-rules.yaml")[0]["rules"]["custom"][0]
        metric = self.objects[("HorizontalPodAutoscaler", "spillway")]["spec"]["metrics"][0]
        self.assertEqual(rule["name"]["as"], metric["pods"]["metric"]["name"])
        documented = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
        for series in re.findall(r"spillway_\w+", rule["metricsQuery"]):
            self.assertIn(f"`{series}`", documented)

    def test_the_image_is_the_version_that_is_built(self):
        version = re.search(r"project\(spillway VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
        self.assertEqual(self.container["image"], f"spillway:{version[1]}")


if __name__ == "__main__":
    unittest.main()
