// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("A pipeline document")
struct PipelineParserTests {
    private static let whole = """
        apiVersion: dhow/v1
        kind: Pipeline
        metadata: {name: flights-retrain}
        spec:
          parameters:
            - {name: months, type: string, default: "1,2"}
            - {name: snapshot, type: snapshot}
          steps:
            - name: lint
              command: ["python3", "-m", "ruff", "check", ".", 1]
              retries: 2
              timeoutSeconds: 600
              source: ["flights/**", "train.py"]
            - name: train
              command: ["python3", "train.py"]
              cache: false
              needs: [lint]
              inputs:
                data: {snapshot: {parameter: snapshot}}
                holdout: {snapshot: flights-2013}
                seed: {value: 42}
              outputs: {model: {path: model.onnx}}
              environment: {COUNTRY: no, MONTHS: {parameter: months}}
            - name: version
              kind: register
              with: {model: flights, artifact: {step: train, output: model}}
            - name: check
              kind: gate
              with:
                {gate: g, model: flights, version: {step: version, output: version}, checks: [{name: {by: [ci]}}], snapshots: [{parameter: months}, 1.5]}
        """

    @Test("is read whole")
    func whole() throws {
        let pipeline = try PipelineParser.parse(Self.whole)
        #expect(pipeline.name == "flights-retrain")
        #expect(
            pipeline.parameters == [
                ParameterSpecification(name: "months", defaultValue: "1,2"), ParameterSpecification(name: "snapshot", type: .snapshot),
            ])
        #expect(
            pipeline.steps == [
                StepSpecification(
                    name: "lint", retries: 2, timeoutSeconds: 600, command: ["python3", "-m", "ruff", "check", ".", "1"],
                    source: [try SourcePattern("flights/**"), try SourcePattern("train.py")]),
                StepSpecification(
                    name: "train", needs: ["lint"], command: ["python3", "train.py"], isCacheable: false,
                    inputs: [
                        "data": .snapshot(.parameter("snapshot")), "holdout": .snapshot(.value("flights-2013")), "seed": .value(42),
                    ],
                    outputs: ["model": OutputSpecification(path: "model.onnx")],
                    environment: ["COUNTRY": .value("no"), "MONTHS": .parameter("months")]),
                StepSpecification(
                    name: "version", kind: .register,
                    with: [
                        "model": .value("flights"), "artifact": .output(step: "train", name: "model"),
                    ]),
                StepSpecification(
                    name: "check", kind: .gate,
                    with: [
                        "gate": .value("g"), "model": .value("flights"), "version": .output(step: "version", name: "version"),
                        "checks": .list([.mapping(["name": .mapping(["by": .list([.value("ci")])])])]),
                        "snapshots": .list([.parameter("months"), .value(1.5)]),
                    ]),
            ])
        #expect(pipeline.steps[1].parameters == ["months", "snapshot"])
    }

    @Test("survives being stored as JSON")
    func stored() throws {
        let pipeline = try PipelineParser.parse(Self.whole)
        #expect(try JSONDecoder().decode(PipelineSpecification.self, from: JSONEncoder().encode(pipeline)) == pipeline)
    }

    @Test(
        "is refused with the line, the reason and the fix",
        arguments: [
            ("lint\n      comand: [x]", 10, "field.unknown", "command"),
            ("lint\n      command: [x]\n      retrys: 1", 11, "field.unknown", "retries"),
            ("lint\n      kind: comand\n      command: [x]", 10, "field.unknownValue", "command"),
            ("lint\n      kind: gate\n      command: [x]", 11, "field.unknown", "with"),
            ("lint\n      kind: gate", 9, "field.missing", "with"),
            ("lint", 9, "field.missing", "command"),
            ("lint\n      command: []", 10, "command.empty", "program"),
            ("lint\n      command: ruff check", 10, "field.mismatch", "list"),
            ("lint\n      command: [x]\n      retries: many", 11, "field.mismatch", "whole number"),
            ("lint\n      command: [x]\n      retries: 21", 11, "field.mismatch", "0 to 20"),
            ("lint\n      command: [x]\n      timeoutSeconds: 0", 11, "field.mismatch", "1 to"),
            ("lint\n      command: [x]\n      cache: \"true\"", 11, "field.mismatch", "true or false"),
            ("lint\n      command: [x]\n      cache: yes", 11, "field.mismatch", "true or false"),
            ("12\n      command: [x]", 9, "field.mismatch", "quotes"),
            ("../etc\n      command: [x]", 9, "name.malformed", "name"),
            ("lint\n      command: [x]\n      source: [../x]", 11, "source.malformed", "relative"),
            ("lint\n      command: [x]\n      outputs: {a: {path: /etc/x}}", 11, "output.malformed", "relative"),
            ("lint\n      command: [x]\n      outputs: {a: {path: inputs/x}}", 11, "output.malformed", "relative"),
            ("lint\n      command: [x]\n      outputs: {a: x}", 11, "field.mismatch", "mapping"),
            ("lint\n      command: [x]\n      inputs: {a-b: {value: 1}, a_b: {value: 1}}", 11, "input.duplicate", "Rename"),
            ("lint\n      command: [x]\n      inputs: {a: \"${parameters.x}\"}", 11, "binding.mismatch", "{parameter: …}"),
            ("lint\n      command: [x]\n      inputs: {a: {step: b}}", 11, "binding.malformed", "output"),
            ("lint\n      command: [x]\n      inputs: {a: {parameter: month}}", 11, "parameter.unknown", "months"),
            ("lint\n      command: [x]\n      inputs: {a: {snapshot: {parameter: count}}}", 11, "parameter.mismatch", "type snapshot"),
            ("lint\n      command: [x]\n      inputs: {a: {step: trin, output: model}}", 11, "step.unknown", "train"),
            ("lint\n      command: [x]\n      inputs: {a: {step: train, output: modle}}", 11, "output.unknown", "model"),
            ("lint\n      command: [x]\n      needs: [nothing]", 11, "step.unknown", "Name a step"),
            ("lint\n      command: [x]\n      environment: {DHOW_X: 1}", 11, "environment.malformed", "Rename"),
            ("lint\n      command: [x]\n      environment: {A: {step: train, output: model}}", 11, "environment.mismatch", "inputs"),
            ("lint\n      command: [x]\n      environment: {A: 1, A: 2}", 11, "field.duplicate", "Remove"),
            ("train\n      command: [x]", 9, "step.duplicate", "Rename"),
            ("lint\n      command: [x]\n      needs: [lint]", 9, "step.cycle", "Remove"),
            ("lint\n      command: &a [x]", 10, "document.alias", "Write the value out"),
            ("lint\n      command: [x", 11, "document.malformed", "quotes"),
        ])
    func refusals(_ step: String, line: Int, reason: String, fix: String) throws {
        let text = """
            apiVersion: dhow/v1
            kind: Pipeline
            metadata: {name: p}
            spec:
              parameters: [{name: months}, {name: count, type: integer}]
              steps:
                - {name: train, command: [x], outputs: {model: {path: m}}}
                # the step of the case begins in line 9

            """ + "    - name: \(step)\n"
        let problem = try #require(throws: Problem.self) { try PipelineParser.parse(text) }
        #expect(problem.kind == .invalid)
        #expect(problem.code == "pipelines.\(reason)")
        #expect(problem.what.hasPrefix("Line \(line), column "), "\(problem)")
        #expect([problem.what, problem.why ?? "", problem.fix ?? ""].joined(separator: " ").contains(fix), "\(problem)")
        #expect(problem.fix != nil)
    }

    @Test(
        "is refused when its head is wrong",
        arguments: [
            ("", "document.empty"), ("- a", "field.mismatch"), ("kind: Pipeline", "field.missing"),
            ("apiVersion: dhow/v2\nkind: Pipeline\nmetadata: {name: p}\nspec: {steps: [{name: s, command: [x]}]}", "apiversion.unknown"),
            ("apiVersion: dhow/v1\nkind: Job\nmetadata: {name: p}\nspec: {steps: [{name: s, command: [x]}]}", "kind.unknown"),
            ("apiVersion: dhow/v1\nkind: Pipeline\nspec: {}", "field.missing"),
            ("apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {steps: []}", "field.missing"),
            ("apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nstatus: {}", "field.unknown"),
            ("a: 1\n---\nb: 2", "document.malformed"), ("a: \u{1}", "document.malformed"),
            ("[[a]: 1", "document.malformed"),
        ])
    func head(_ text: String, reason: String) throws {
        let problem = try #require(throws: Problem.self) { try PipelineParser.parse(text) }
        #expect(problem.code == "pipelines.\(reason)")
    }

    @Test("names the whole cycle")
    func cycle() throws {
        let text = """
            apiVersion: dhow/v1
            kind: Pipeline
            metadata: {name: p}
            spec:
              steps:
                - {name: a, command: [x], needs: [b]}
                - {name: b, command: [x], needs: [c], outputs: {o: {path: o}}}
                - {name: c, command: [x], needs: [d], inputs: {i: {step: b, output: o}}}
                - {name: d, command: [x]}
            """
        let problem = try #require(throws: Problem.self) { try PipelineParser.parse(text) }
        #expect(problem.what == "Line 7, column 7: The steps wait for each other: b → c → b.")
    }

    @Test("beyond its limits is refused at once")
    func limits() throws {
        func code(_ text: String) -> String? { #expect(throws: Problem.self) { try PipelineParser.parse(text) }?.code }
        #expect(code(String(repeating: "#", count: (8 << 20) + 1)) == "pipelines.document.tooLarge")
        #expect(code(String(repeating: "[", count: 40) + String(repeating: "]", count: 40)) == "pipelines.document.tooDeep")
        // What reads YAML recurses, so that these may not come to it.
        for opening in ["[", "{a: ", "{? ", "- ", "? ", "[\"x\", ", "- - {", "a:\n  - ["] {
            #expect(code(String(repeating: opening, count: 1 << 19)) == "pipelines.document.tooDeep", "\(opening)")
        }
        let ladder = (0..<2000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(code(ladder) == "pipelines.document.tooDeep")
        let steps = (0...PipelineSpecification.maximumSteps).map { "    - {name: s\($0), command: [x]}" }.joined(separator: "\n")
        let head = "apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  steps:\n"
        #expect(code(head + steps) == "pipelines.step.tooMany")
        // Nine levels of nine aliases each: four hundred million nodes for who would walk them, here as the key of a mapping.
        var bomb = "a0: &a0 x\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [" + [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(code(bomb + "? *a9\n: x\n") == "pipelines.document.alias")
        #expect(code("a: &a [x]\nb: *a\n") == "pipelines.document.alias")
    }

    @Test("takes shell operators for what they are")
    func ampersands() throws {
        let text = """
            apiVersion: dhow/v1
            kind: Pipeline
            metadata: {name: p}
            spec:
              steps:
                - {name: a, command: [sh, -c, "ls *.py && echo &1 *1 || true &"]}
            """
        #expect(try PipelineParser.parse(text).steps[0].command[2] == "ls *.py && echo &1 *1 || true &")
    }

    @Test("may hold brackets, dashes and quotes in texts as it likes")
    func texts() throws {
        let lines = (0..<300).flatMap { ["- [[ \($0)", "it's {\"", "  # [[[", "? {{{ 'x"] }
        let script = lines.map { "          " + $0 }.joined(separator: "\n")
        let text = """
            apiVersion: dhow/v1
            kind: Pipeline
            metadata: {name: p}
            spec:
              steps:
            """ + (0..<300).map { "\n    - {name: s\($0), command: [echo, 'it''s [', \"\\\"{[\", don't]}" }.joined() + """

                    - name: script
                      # [[[[
                      command:
                        - sh
                        - -c
                        - |

                """ + script + "\n    - name: last\n      command: [x]\n"
        let pipeline = try PipelineParser.parse(text)
        #expect(pipeline.steps.count == 302)
        #expect(pipeline.steps[300].command[2].hasPrefix("- [[ 0\nit's {\"\n  # [[["))
    }

    @Test("takes parameters with defaults, and refuses unknown, missing and mistyped ones")
    func parameters() throws {
        let pipeline = try PipelineParser.parse(Self.whole)
        #expect(try pipeline.resolveParameters(["snapshot": "s1"]) == ["months": "1,2", "snapshot": "s1"])
        func code(_ given: [String: JSONValue]) -> String? {
            #expect(throws: Problem.self) { try pipeline.resolveParameters(given) }?.code
        }
        #expect(code([:]) == "pipelines.parameter.missing")
        #expect(code(["snapshot": "s", "month": "1"]) == "pipelines.parameter.unknown")
        #expect(code(["snapshot": 3]) == "pipelines.parameter.mismatch")
    }
}
