// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("Documents of pipelines, good and bad")
struct PipelineCasesTests {
    @Test("are taken", arguments: PipelineCase.good)
    func good(_ example: PipelineCase) {
        #expect(PipelineParser.check(example.document) == [])
    }

    @Test("are refused with line, column, reason and fix", arguments: PipelineCase.bad)
    func bad(_ example: PipelineCase) throws {
        let refusal = try #require(example.refusal)
        let problem = try #require(throws: Problem.self) { try PipelineParser.parse(example.document) }
        #expect(problem.code == "pipelines.\(refusal.code)", "\(problem)")
        #expect(problem.what.hasPrefix("Line \(refusal.line), column \(refusal.column): "), "\(problem)")
        #expect(problem.description.contains(refusal.says), "\(problem)")
        #expect(problem.fix?.isEmpty == false, "\(problem)")
        #expect(problem.kind == .invalid)
    }

    @Test("in the documentation are good ones")
    func documentation() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/pipelines.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        #expect(examples.contains { $0.contains("kind: Pipeline") })
        for example in examples where example.contains("kind: Pipeline") { #expect(PipelineParser.check(example) == []) }
    }

    @Test("are read whole")
    func fields() throws {
        let pipeline = try PipelineParser.parse(
            PipelineCase.step(
                """
                command: [x]
                runs: always
                needs: [train]
                when: index > 0
                forEach: {in: parameters.months, limit: 4}
                retries: {count: 3, firstPause: 1m30s, factor: 3, jitter: 20%}
                preemptions: {count: 10}
                timeout: 1d2h
                resources: {cpu: 0.25, memory: 512MiB, disk: 10GB, gpu: {count: 2, kind: h100}, spot: require, region: eu}
                runtime: {python: requirements.lock}
                secrets: {TOKEN: hub}
                outside: {freshFor: 1h}
                checkpoint: state
                outputs: {a: {path: a, type: snapshot, dataset: d}}
                environment: {I: {item: true}}
                """))
        var step = StepSpecification(
            name: "s", needs: ["train"], retries: 3, timeoutSeconds: 93_600, command: ["x"],
            outputs: ["a": OutputSpecification(path: "a", type: .snapshot, dataset: "d")], environment: ["I": .item])
        step.runs = .always
        step.condition = "index > 0"
        step.forEach = FanOut(.expression("parameters.months"), limit: 4)
        step.retryPolicy = RetryPolicy(
            firstPauseMilliseconds: 90_000, factor: 3, longestPauseMilliseconds: 90_000, jitterPercent: 20, maximumLosses: 10)
        step.resources.cpuMilli = 250
        step.resources.memoryBytes = 512 << 20
        step.resources.diskBytes = 10_000_000_000
        step.resources.gpuCount = 2
        step.resources.gpuKind = "h100"
        step.resources.spot = .require
        step.resources.region = "eu"
        step.runtime = .python(lock: "requirements.lock")
        step.secrets = ["TOKEN": "hub"]
        step.outside = OutsideReading(freshForSeconds: 3600)
        step.checkpoint = "state"
        #expect(pipeline.steps.last == step)
    }

    @Test("are read whole, the pipeline's own fields too")
    func ownFields() throws {
        let pipeline = try PipelineParser.parse(
            PipelineCase.specification(
                """
                timeout: 2h
                concurrency: {policy: replace, limit: 3}
                outputs: {model: {step: s, output: o}}
                parameters: [{name: a, type: integer, choices: [1, 2], default: 2, description: how many}]
                """))
        #expect(pipeline.timeoutSeconds == 7200)
        #expect(pipeline.concurrency == ConcurrencyRule(policy: .replace, limit: 3))
        #expect(pipeline.outputs == ["model": .output(step: "s", name: "o")])
        var parameter = ParameterSpecification(name: "a", type: .integer, defaultValue: 2)
        parameter.choices = [1, 2]
        parameter.description = "how many"
        #expect(pipeline.parameters == [parameter])
        #expect(throws: Problem.self) { try pipeline.resolveParameters(["a": 3]) }
    }

    @Test("say all that is wrong with them, in their order and up to a bound")
    func several() {
        let document = PipelineCase.step(
            """
            command: x
            retries: many
            resources: {cpu: a, memory: b, gpu: {count: 99}}
            outputs: {a: {path: /a}, b: {path: ../b}}
            tiemout: 1m
            """)
        let problems = PipelineParser.check(document)
        #expect(
            problems.map { String($0.what.prefix { $0 != ":" }) } == [
                "Line 16, column 16", "Line 17, column 16", "Line 18, column 24", "Line 18, column 35", "Line 18, column 51",
                "Line 19, column 27", "Line 19, column 42", "Line 20, column 7",
            ])
        let many = (0..<100).map { "    - {name: s\($0), comand: [x]}" }.joined(separator: "\n")
        #expect(
            PipelineParser.check("apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  steps:\n" + many).count == 20)
        // References are looked at when the steps can be read: all of them.
        let references = PipelineCase.step("command: [x]\nneeds: [a, b]\ninputs: {c: {parameter: d}}\nwhen: steps.e.state == ''")
        #expect(
            PipelineParser.check(references).map(\.code).map { $0.dropFirst(10) } == [
                "step.unknown", "step.unknown", "parameter.unknown", "step.unknown",
            ])
    }

    @Test("that call pipelines that are known are checked against them")
    func called() throws {
        var parameter = ParameterSpecification(name: "rows", type: .integer)
        parameter.choices = [1, 2]
        var other = PipelineSpecification(
            name: "q", parameters: [parameter, ParameterSpecification(name: "data", type: .snapshot, defaultValue: "")],
            steps: [StepSpecification(name: "a", command: ["x"], outputs: ["o": OutputSpecification(path: "o", type: .file)])])
        other.outputs = ["file": .output(step: "a", name: "o"), "rows": .parameter("rows")]
        func problem(_ lines: String, _ called: [String: PipelineSpecification]? = nil) -> String? {
            do throws(Problem) {
                _ = try PipelineParser.parse(PipelineCase.step(lines), calling: called ?? ["q": other])
                return nil
            } catch {
                return error.code + " " + error.what.prefix { $0 != ":" }
            }
        }
        #expect(problem("kind: pipeline\nwith: {pipeline: q, parameters: {rows: 2, data: {parameter: data}}}") == nil)
        #expect(problem("kind: pipeline\nwith: {pipeline: q}") == "pipelines.parameter.missing Line 17, column 13")
        #expect(problem("kind: pipeline\nwith: {pipeline: q, parameters: {rows: 3}}") == "pipelines.parameter.mismatch Line 17, column 46")
        #expect(
            problem("kind: pipeline\nwith: {pipeline: q, parameters: {rows: {parameter: months}}}")
                == "pipelines.parameter.mismatch Line 17, column 46")
        #expect(
            problem("kind: pipeline\nwith: {pipeline: q, parameters: {rows: 1, row: 1}}")
                == "pipelines.parameter.unknown Line 17, column 54")
        let call = "    - {name: call, kind: pipeline, with: {pipeline: q, parameters: {rows: 1}}}\n"
        func use(_ binding: String, _ variable: String) -> String? {
            let document = PipelineCase.step("command: [x]\n\(binding): {A: {step: call, output: \(variable)}}") + call
            do throws(Problem) {
                _ = try PipelineParser.parse(document, calling: ["q": other])
                return nil
            } catch {
                return error.code
            }
        }
        #expect(use("inputs", "file") == nil)
        #expect(use("environment", "rows") == nil)
        #expect(use("environment", "execution") == nil)
        #expect(use("environment", "file") == "pipelines.environment.mismatch")
        #expect(use("inputs", "files") == "pipelines.output.unknown")
        // Two pipelines that call each other would never end.
        other.steps = [StepSpecification(name: "a", kind: .pipeline, with: ["pipeline": .value("p")])]
        other.outputs = [:]
        #expect(
            problem("kind: pipeline\nwith: {pipeline: q, parameters: {rows: 1}}", ["q": other])
                == "pipelines.pipeline.recursive Line 17, column 24")
    }
}
