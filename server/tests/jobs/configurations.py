"""Short ways to write configurations of jobs, and to plan them."""

from seatunnel_server.engine.memory.planning import Planner

SCHEMA = {"fields": {"name": "string", "age": "int"}}
PLANNER = Planner(seed=1)


def source(output=None, **more):
    return {"plugin_name": "FakeSource", "result_table_name": output, "schema": SCHEMA, **more}


def transform(reads, output, plugin="Filter", **more):
    return {
        "plugin_name": plugin,
        "source_table_name": reads,
        "result_table_name": output,
        "include_fields": ["name", "age"],
        **more,
    }


def console(reads=None, **more):
    return {"plugin_name": "Console", "source_table_name": reads, **more}


def config(sources, sinks, transforms=(), env=None):
    return {"env": env or {}, "source": list(sources), "transform": list(transforms), "sink": list(sinks)}


def plan(*args, planner=PLANNER, **more):
    return planner.plan(config(*args, **more))


def edges(job):
    return {
        number: [(edge.input_vertex_id, edge.target_vertex_id) for edge in each]
        for number, each in job.plan.edges.items()
    }


def vertices(job):
    return [(vertex.id, vertex.name) for vertex in job.plan.vertices]
