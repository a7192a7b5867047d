// SPDX-License-Identifier: Apache-2.0

import Testing

/// Documents with what is to be said of them; the parser's tests and the schema's read the same list.
struct PipelineCase: Sendable, CustomTestStringConvertible {
    /// What the parser finds first.
    struct Refusal: Sendable {
        var line: Int
        var column: Int
        var code: String
        /// Stands in the message.
        var says: String
    }

    var document: String
    /// Nil for a good document.
    var refusal: Refusal?
    /// False for what only the parser can see.
    var schemaSays = true

    var testDescription: String { (refusal.map { "\($0.code): " } ?? "") + (document.split(separator: "\n").last.map(String.init) ?? "") }

    /// Lines of a step `s`, the first of which is line 16 and begins in column 7, behind steps that it can refer to.
    static func step(_ lines: String) -> String {
        """
        apiVersion: dhow/v1
        kind: Pipeline
        metadata: {name: p}
        spec:
          parameters:
            - {name: months, type: list, default: [1, 2]}
            - {name: rate, type: number, default: 0.5}
            - {name: data, type: snapshot, default: ""}
          steps:
            - name: train
              command: [x]
              outputs: {model: {path: m}, auc: {path: auc.json, type: value}, rows: {path: rows.csv, type: file}, all: {path: d, type: folder}}
            - {name: fan, forEach: {in: {parameter: months}}, command: [x], outputs: {score: {path: s, type: value}, part: {path: f, type: file}}}
            - {name: version, kind: register, with: {model: m, artifact: {step: train, output: model}}}
            - name: s

        """ + lines.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n") + "\n"
    }

    /// Members of `spec` beside one step; the first is line 6 and begins in column 3.
    static func specification(_ lines: String) -> String {
        """
        apiVersion: dhow/v1
        kind: Pipeline
        metadata: {name: p}
        spec:
          steps: [{name: s, command: [x], outputs: {o: {path: o}}}]

        """ + lines.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n") + "\n"
    }

    static func bad(
        _ document: String, _ line: Int, _ column: Int, _ code: String, _ says: String, onlyParser: Bool = false
    ) -> PipelineCase {
        PipelineCase(
            document: document, refusal: Refusal(line: line, column: column, code: code, says: says), schemaSays: !onlyParser)
    }
}

extension PipelineCase {
    static let good: [PipelineCase] =
        [
            "command: [x]",
            "command: [python3, train.py, 1, 2.5, true, null]\ncache: false\nsource: [\"a/**\", b.py]",
            "command: [x]\nretries: 3\npreemptions: 10\ntimeout: 2h30m\ncheckpoint: state/last",
            "command: [x]\nretries: {count: 3, firstPause: 500ms, factor: 3, longestPause: 1m30s, jitter: 20%}\npreemptions: {count: 0}",
            "command: [x]\ntimeout: 90\nruns: always\nneeds: [train]",
            "command: [x]\ntimeoutSeconds: 90\nruns: afterFailure\nneeds: [train]",
            "command: [x]\nwhen: steps.train.outputs.auc > parameters.rate && steps[\"train\"].state == 'succeeded'",
            "command: [x]\nwhen: steps.train.outputs.auc",
            "command: [x]\nwhen: size(steps.fan.outputs.score) > 1 && has(steps.train.outputs.auc)",
            "command: [x]\nforEach: {in: 'parameters.months.filter(m, m != 3)', limit: 4}\nwhen: item != 2 && index < 10\n"
                + "environment: {MONTH: {item: true}}\ninputs: {i: {item: true}}",
            "command: [x]\nforEach: {in: {step: train, output: auc}}",
            "command: [x]\nforEach: {in: {step: fan, output: score}}",
            "command: [x]\nforEach: {in: [a, {b: 1}, 3]}",
            "command: [x]\nresources: {cpu: 500m, memory: 4GiB, disk: 10GB, gpu: {count: 2, kind: nvidia-h100}, spot: require, region: eu-west}",
            "command: [x]\nresources: {cpu: 0.5, gpu: 1, spot: never}",
            "command: [x]\nresources: {cpu: 2, gpu: {kind: a100}}",
            "command: [x]\nruntime: host",
            "command: [x]\nsandbox: prefer",
            "command: [x]\nsandbox: {use: require, network: true}",
            "command: [x]\nruntime: {python: env/requirements.lock}",
            "command: [x]\nruntime: {image: \"ghcr.io/a/b:3@sha256:\(String(repeating: "0123456789abcdef", count: 4))\"}",
            "command: [x]\nsecrets: {TOKEN: hub-token}\noutside: true",
            "command: [x]\noutside: {freshFor: 1h}",
            "command: [x]\noutputs: {a: {path: a}, b: {path: b/c, type: snapshot, dataset: flights}, c: {path: c, type: model}}",
            "command: [x]\nenvironment: {A: 1, B: text, C: {parameter: months}, D: {step: train, output: auc}, E: {step: version, output: version}}",
            "command: [x]\ninputs: {a: {snapshot: {parameter: data}}, b: {snapshot: x}, c: {model: m, alias: champion}, d: {value: [1]}, "
                + "e: {step: fan, output: part}}",
            "kind: notify\nruns: afterFailure\nneeds: [train]\nwith: {to: [team-a], message: it failed}",
            "kind: pipeline\nwith: {pipeline: other, parameters: {snapshot: {parameter: data}, step: {step: train, output: auc}, n: 3}}",
            "kind: approval\nforEach: {in: [1]}\nwith: {model: m, version: {step: version, output: version}, endpoint: e, report: {step: train, output: rows}}",
            "kind: gate\nwith: {gate: g, model: m, version: 1, checks: [{name: c}], metrics: {step: train, output: auc}, champion: {model: m, alias: c}}",
            "kind: register\nwith: {model: m, artifact: {step: train, output: all}, description: {step: train, output: rows}}",
        ].map { PipelineCase(document: step($0)) }
        + [
            "timeout: 1d", "concurrency: {policy: queue}", "concurrency: {policy: replace, limit: 3}",
            "outputs: {o: {step: s, output: o}, p: {value: 1}}",
            "parameters: [{name: a, type: integer, default: 2, choices: [1, 2], description: how many}, {name: b, type: mapping, default: {x: 1}}]",
        ].map { PipelineCase(document: specification($0)) }

    static let bad: [PipelineCase] = rules + bindings + expressions + engine + heads

    /// Fields of a step.
    private static let rules: [PipelineCase] = [
        bad(step("comand: [x]"), 16, 7, "field.unknown", "Did you mean 'command'"),
        bad(step("command: [x]\nretrys: 1"), 17, 7, "field.unknown", "'retries'"),
        bad(step("command: []"), 16, 16, "command.empty", "List a program"),
        bad(step("command: [\"\"]"), 16, 16, "command.empty", "List a program"),
        bad(step("command: x y"), 16, 16, "field.mismatch", "a list"),
        bad(step("retries: 1"), 15, 7, "field.missing", "command"),
        bad(step("command: [x]\nretries: 21"), 17, 16, "field.mismatch", "0 to 20"),
        bad(step("command: [x]\nretries: {firstPause: 1s}"), 17, 16, "field.missing", "count"),
        bad(step("command: [x]\nretries: {count: 1, firstPause: 1x}"), 17, 39, "field.mismatch", "'500ms'"),
        bad(step("command: [x]\nretries: {count: 1, firstPause: 1s2h}"), 17, 39, "field.mismatch", "'500ms'"),
        bad(step("command: [x]\nretries: {count: 1, factor: 0}"), 17, 35, "field.mismatch", "1 to 100"),
        bad(step("command: [x]\nretries: {count: 1, jitter: 120%}"), 17, 35, "field.mismatch", "'20%'"),
        bad(step("command: [x]\nretries: {count: 1, jitter: 0.2}"), 17, 35, "field.mismatch", "'20%'"),
        bad(
            step("command: [x]\nretries: {count: 1, firstPause: 9s, longestPause: 8s}"), 17, 57, "retries.malformed", "at least",
            onlyParser: true),
        bad(step("command: [x]\npreemptions: -1"), 17, 20, "field.mismatch", "0 to 1000"),
        bad(step("command: [x]\npreemptions: {}"), 17, 20, "field.missing", "count"),
        bad(step("command: [x]\ntimeout: soon"), 17, 16, "field.mismatch", "'2h30m'"),
        bad(step("command: [x]\ntimeout: 0s"), 17, 16, "field.mismatch", "'2h30m'", onlyParser: true),
        bad(step("command: [x]\ntimeout: 500ms"), 17, 16, "field.mismatch", "'2h30m'"),
        bad(step("command: [x]\ntimeout: 1m\ntimeoutSeconds: 60"), 18, 23, "field.duplicate", "Remove"),
        bad(step("command: [x]\nruns: afterFailur"), 17, 13, "field.unknownValue", "'afterFailure'"),
        bad(step("command: [x]\nruns: afterFailure"), 17, 13, "runs.alone", "needs", onlyParser: true),
        bad(step("command: [x]\nresources: {memory: 4}"), 17, 27, "field.mismatch", "'4GiB'"),
        bad(step("command: [x]\nresources: {memory: 4GIB}"), 17, 27, "field.mismatch", "'4GiB'"),
        bad(step("command: [x]\nresources: {cpu: 2 cores}"), 17, 24, "field.mismatch", "'500m'"),
        bad(step("command: [x]\nresources: {cpu: 0}"), 17, 24, "field.mismatch", "'500m'"),
        bad(step("command: [x]\nresources: {gpu: {count: 0}}"), 17, 32, "field.mismatch", "1 to 64"),
        bad(step("command: [x]\nresources: {spot: maybe}"), 17, 25, "field.unknownValue", "never, allow, require"),
        bad(step("command: [x]\nresources: {gpus: 1}"), 17, 19, "field.unknown", "'gpu'"),
        bad(step("command: [x]\nruntime: {image: \"python:3.12\"}"), 17, 24, "runtime.undigested", "python@sha256:…"),
        bad(step("command: [x]\nruntime: {image: \"python@sha256:12\"}"), 17, 24, "runtime.malformed", "64 digits"),
        bad(step("command: [x]\nruntime: {image: a, python: b}"), 17, 16, "runtime.malformed", "host"),
        bad(step("command: [x]\nruntime: {python: ../x}"), 17, 25, "runtime.malformed", "requirements.lock"),
        bad(step("command: [x]\nruntime: docker"), 17, 16, "runtime.unknown", "host"),
        bad(step("command: [x]\nsandbox: always"), 17, 16, "field.unknownValue", "require"),
        bad(step("command: [x]\nsandbox: {network: true}"), 17, 16, "field.missing", "use"),
        bad(step("command: [x]\nsandbox: {use: prefer, networks: true}"), 17, 30, "field.unknown", "'network'"),
        bad(step("command: [x]\nsecrets: {TOKEN: {value: x}}"), 17, 24, "field.mismatch", "text"),
        bad(step("command: [x]\nsecrets: {DHOW_T: x}"), 17, 25, "environment.malformed", "Rename"),
        bad(step("command: [x]\nsecrets: {T: x}\nenvironment: {T: y}"), 17, 20, "secret.duplicate", "Remove", onlyParser: true),
        bad(step("command: [x]\noutside: sometimes"), 17, 16, "field.mismatch", "freshFor"),
        bad(step("command: [x]\noutside: {}"), 17, 16, "field.missing", "freshFor"),
        bad(step("command: [x]\ncheckpoint: /tmp/x"), 17, 19, "checkpoint.malformed", "relative"),
        bad(step("command: [x]\ncheckpoint: inputs/x"), 17, 19, "checkpoint.malformed", "relative"),
        bad(step("command: [x]\nsource: [../x]"), 17, 16, "source.malformed", "relative"),
        bad(step("command: [x]\noutputs: {a: {path: a, type: dir}}"), 17, 36, "field.unknownValue", "file, folder, value, snapshot, model"),
        bad(step("command: [x]\noutputs: {a: {path: a, type: any}}"), 17, 36, "field.unknownValue", "without 'type'"),
        bad(step("command: [x]\noutputs: {a: {path: a, type: snapshot}}"), 17, 20, "field.missing", "dataset"),
        bad(step("command: [x]\noutputs: {a: {path: a, dataset: d}}"), 17, 39, "output.malformed", "type: snapshot"),
        bad(step("command: [x]\noutputs: {a: {path: inputs/a}}"), 17, 27, "output.malformed", "relative"),
        bad(step("command: [x]\nforEach: {limit: 2}"), 17, 16, "field.missing", "in"),
        bad(step("command: [x]\nforEach: [1, 2]"), 17, 16, "field.mismatch", "mapping"),
        bad(step("command: [x]\nforEach: {in: [1], limit: 0}"), 17, 33, "field.mismatch", "1 to 10000"),
        bad(step("command: [x]\nwhen: \"\""), 17, 13, "field.mismatch", "an expression"),
        bad(step("command: [x]\nneeds: [trin]"), 17, 15, "step.unknown", "'train'", onlyParser: true),
        bad(step("command: [x]\nneeds: [s]"), 15, 7, "step.cycle", "s → s", onlyParser: true),
        bad(step("command: [x]\nwith: {}"), 17, 7, "field.unknown", "fields are"),
    ]

    /// References and their types.
    private static let bindings: [PipelineCase] = [
        bad(step("command: [x]\ninputs: {a: {parameter: month}}"), 17, 19, "parameter.unknown", "'months'", onlyParser: true),
        bad(step("command: [x]\ninputs: {a: {snapshot: {parameter: rate}}}"), 17, 19, "parameter.mismatch", "snapshot", onlyParser: true),
        bad(step("command: [x]\ninputs: {a: {step: trian, output: model}}"), 17, 19, "step.unknown", "'train'", onlyParser: true),
        bad(step("command: [x]\ninputs: {a: {step: train, output: modle}}"), 17, 19, "output.unknown", "'model'", onlyParser: true),
        bad(step("command: [x]\ninputs: {a: {step: train}}"), 17, 19, "binding.malformed", "{step: …, output: …}"),
        bad(step("command: [x]\ninputs: {a: \"${{ steps.train }}\"}"), 17, 19, "binding.mismatch", "templates"),
        bad(step("command: [x]\ninputs: {a: {item: true}}"), 17, 19, "item.alone", "forEach", onlyParser: true),
        bad(step("command: [x]\ninputs: {a: {item: false}}"), 17, 19, "binding.malformed", "{item: true}"),
        bad(
            step("command: [x]\nenvironment: {A: {step: train, output: model}}"), 17, 24, "environment.mismatch", "type: value",
            onlyParser: true),
        bad(step("command: [x]\nenvironment: {A: {step: train, output: all}}"), 17, 24, "environment.mismatch", "inputs", onlyParser: true),
        bad(step("command: [x]\nenvironment: {A: {step: fan, output: part}}"), 17, 24, "environment.mismatch", "folder", onlyParser: true),
        bad(step("command: [x]\nenvironment: {A: {snapshot: x}}"), 17, 24, "environment.mismatch", "a snapshot"),
        bad(step("command: [x]\nforEach: {in: {parameter: rate}}"), 17, 21, "binding.type", "list", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: {step: train, output: rows}}"), 17, 21, "binding.type", "a file", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: {step: fan, output: part}}"), 17, 21, "binding.type", "a folder", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: {step: version, output: version}}"), 17, 21, "binding.type", "integer", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: {item: true}}"), 17, 21, "item.alone", "a list", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: {value: 3}}"), 17, 21, "binding.type", "list", onlyParser: true),
    ]

    /// Conditions and lists in CEL.
    private static let expressions: [PipelineCase] = [
        bad(step("command: [x]\nwhen: steps.train.outputs.auc >"), 17, 13, "expression.syntax", "at 1:", onlyParser: true),
        bad(step("command: [x]\nwhen: parameters.rate"), 17, 13, "expression.type", "bool", onlyParser: true),
        bad(step("command: [x]\nwhen: parameters.rte > 1"), 17, 13, "expression.parameter.unknown", "'rate'", onlyParser: true),
        bad(step("command: [x]\nwhen: param.rate > 1"), 17, 13, "expression.name.unknown", "'parameters'", onlyParser: true),
        bad(
            step("command: [x]\nwhen: \"parameters.rate.startswith('a')\""), 17, 13, "expression.function.unknown", "startsWith",
            onlyParser: true),
        bad(step("command: [x]\nwhen: parameters.rate + 'a' == 'b'"), 17, 13, "expression.overload.none", "at 1:", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.trian.state == 'failed'"), 17, 13, "step.unknown", "'train'", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.train.stat == 'failed'"), 17, 13, "expression.member", "'state'", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.train.auc > 0.5"), 17, 13, "expression.member", "steps.train.outputs.auc", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.train.outputs.aucs > 0.5"), 17, 13, "output.unknown", "'auc'", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.train.outputs.model != ''"), 17, 13, "output.mismatch", "type: value", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.exists(s, true)"), 17, 13, "expression.steps", "Name the step", onlyParser: true),
        bad(step("command: [x]\nwhen: item > 1"), 17, 13, "expression.name.unknown", "forEach", onlyParser: true),
        bad(step("command: [x]\nwhen: steps.s.state == 'failed'"), 15, 7, "step.cycle", "s → s", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: parameters.rate}"), 17, 21, "expression.type", "list", onlyParser: true),
        bad(step("command: [x]\nforEach: {in: '[item]'}"), 17, 21, "expression.name.unknown", "forEach", onlyParser: true),
    ]

    /// The engine's own kinds.
    private static let engine: [PipelineCase] = [
        bad(step("kind: comand\ncommand: [x]"), 16, 13, "field.unknownValue", "'command'"),
        bad(step("kind: gate\ncommand: [x]\nwith: {}"), 17, 7, "field.unknown", "with"),
        bad(step("kind: gate"), 15, 7, "field.missing", "with"),
        bad(step("kind: notify\nwith: {to: team}"), 17, 13, "field.missing", "message"),
        bad(step("kind: notify\nwith: {to: team, mesage: x}"), 17, 24, "field.unknown", "'message'"),
        bad(step("kind: register\nwith: {model: m}"), 17, 13, "field.missing", "artifact"),
        bad(
            step("kind: register\nwith: {model: m, artifact: {step: train, output: auc}}"), 17, 34, "binding.type", "file, folder or model",
            onlyParser: true),
        bad(step("kind: register\nwith: {model: m, artifact: model.onnx}"), 17, 34, "binding.type", "file, folder or model"),
        bad(step("kind: register\nwith: {model: [m], artifact: {step: train, output: model}}"), 17, 21, "binding.type", "text or number"),
        bad(
            step("kind: notify\nwith: {to: team, message: {step: train, output: all}}"), 17, 33, "binding.type", "a folder",
            onlyParser: true),
        bad(
            step("kind: notify\nwith: {to: [{step: train, output: rows}], message: x}"), 17, 18, "binding.type", "type: value",
            onlyParser: true),
        bad(
            step("kind: gate\nwith: {gate: g, model: m, version: 1, checks: [], champion: champion}"), 17, 67, "binding.type", "alias"),
        bad(
            step("kind: baseline\nwith: {monitor: m, model: m, version: 1, rows: {step: train, output: all}}"), 17, 54, "binding.type",
            "a file",
            onlyParser: true),
        bad(step("kind: pipeline\nwith: {pipeline: {parameter: data}}"), 17, 24, "field.mismatch", "text"),
        bad(step("kind: pipeline\nwith: {pipeline: p}"), 17, 24, "pipeline.recursive", "p → p", onlyParser: true),
        bad(
            step("kind: pipeline\nwith: {pipeline: q, parameters: {a: {step: train, output: rows}}}"), 17, 39, "binding.type", "a file",
            onlyParser: true),
    ]

    /// Everything around the steps.
    private static let heads: [PipelineCase] = [
        bad("- a", 1, 1, "field.mismatch", "mapping"),
        bad("kind: Pipeline", 1, 1, "field.missing", "apiVersion"),
        bad("apiVersion: dhow/v2\nkind: Pipeline", 1, 1, "field.missing", "metadata"),
        bad(
            "apiVersion: dhow/v1\nkind: Job\nmetadata: {name: p}\nspec: {steps: [{name: s, command: [x]}]}", 2, 7, "kind.unknown",
            "Pipeline"),
        bad("apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {}", 4, 7, "field.missing", "steps"),
        bad("apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {steps: []}", 4, 15, "field.missing", "steps"),
        bad(
            "apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: -p}\nspec: {steps: [{name: s, command: [x]}]}", 3, 18, "name.malformed",
            "name"),
        bad(specification("step: []"), 6, 3, "field.unknown", "'steps'"),
        bad(specification("timeout: 400d"), 6, 12, "field.mismatch", "'2h30m'", onlyParser: true),
        bad(specification("concurrency: {limit: 2}"), 6, 16, "field.missing", "policy"),
        bad(specification("concurrency: {policy: wait}"), 6, 25, "field.unknownValue", "queue"),
        bad(specification("outputs: {o: {step: s, output: x}}"), 6, 16, "output.unknown", "Its outputs are o", onlyParser: true),
        bad(specification("outputs: {o: {item: true}}"), 6, 16, "item.alone", "Refer to", onlyParser: true),
        bad(specification("outputs: {o: 1}"), 6, 16, "binding.mismatch", "templates"),
        bad(specification("parameters: [{name: a, type: int}]"), 6, 32, "field.unknownValue", "integer"),
        bad(specification("parameters: [{name: a, default: 1}]"), 6, 35, "parameter.mismatch", "quotes"),
        bad(specification("parameters: [{name: a, type: list, default: x}]"), 6, 47, "parameter.mismatch", "list"),
        bad(specification("parameters: [{name: a, choices: []}]"), 6, 35, "field.mismatch", "1 to 100"),
        bad(specification("parameters: [{name: a, choices: [x, 1]}]"), 6, 39, "parameter.mismatch", "quotes"),
        bad(specification("parameters: [{name: a, choices: [x, x]}]"), 6, 39, "parameter.choice", "twice"),
        bad(specification("parameters: [{name: a, choices: [x], default: y}]"), 6, 49, "parameter.choice", "choices", onlyParser: true),
        bad(specification("parameters: [{name: a-b}, {name: a_b}]"), 6, 29, "parameter.duplicate", "Rename", onlyParser: true),
        bad(specification("parameters: [{type: list}]"), 6, 16, "field.missing", "name"),
    ]
}
