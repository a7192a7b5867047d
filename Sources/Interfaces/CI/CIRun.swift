// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Commands
import Domain
import Foundation

/// One job: the folder's documents are applied, its pipeline is run, and all that was found is put together.
struct CIRun: Sendable {
    private static let interval = Duration.milliseconds(300)
    /// How long a server that went away is waited for.
    private static let patience = Duration.seconds(60)

    let client: DhowClient
    /// A folder of documents, or the name of a pipeline that the server has.
    let pipeline: String
    /// Files by the snapshot parameter that each is for.
    let snapshots: [String: String]
    let parameters: @Sendable (_ pipeline: String, _ client: DhowClient) async throws -> [String: JSONValue]
    let say: @Sendable (String) -> Void

    /// Never throws: what went wrong is part of the result.
    func perform() async -> CIResult {
        var result = CIResult(outcome: .couldNotRun, pipeline: pipeline)
        do {
            try await perform(&result)
        } catch {
            let problem = error as? Problem ?? Problem(.internal, "ci.unexpected", "Something unexpected went wrong.", why: "\(error)")
            result.outcome = CIOutcome(problem)
            result.problem = CIResult.ProblemText(problem)
            result.findings += (problem.faults ?? []).map(CIResult.Finding.init)
        }
        return result
    }

    private func perform(_ result: inout CIResult) async throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: pipeline, isDirectory: &isFolder)
        let places = exists && isFolder.boolValue ? try await apply(&result) : nil
        let values = try await parameters(result.pipeline, client).merging(try await record()) { $1 }
        let started: ExecutionAnswer = try await client.post(
            "/api/v1/executions", StartExecutionRequest(pipeline: result.pipeline, parameters: values))
        say("Execution \(started.id) of \(result.pipeline), version \(started.pipelineVersion)")
        (result.execution, result.version, result.started) = (started.id, started.pipelineVersion, started.created)
        let execution = try await follow(started.id)
        result.ended = execution.ended
        result.steps = (execution.steps ?? []).map { CIResult.Step($0) }
        let page: Page<StepReportAnswer> = try await client.get(path("executions", started.id, "reports"))
        result.reports = page.items
        result.gates = try await gateReports(of: execution)
        let reporting = Set(result.reports.filter { $0.found > 0 }.map { String($0.step.prefix { $0 != "[" }) })
        result.outcome = CIOutcome(execution, reporting: reporting)
        result.findings = CIResult.Finding.all(of: result, places: places)
    }

    // MARK: before

    /// Applies every document of the folder, and finds which pipeline is meant.
    private func apply(_ result: inout CIResult) async throws -> DocumentPlaces {
        let folder = try DocumentFolder([pipeline], source: nil)
        let places = DocumentPlaces(folder.files, in: pipeline)
        guard let name = places.pipeline else {
            throw Problem(
                .invalid, "ci.pipeline.ambiguous", "'\(pipeline.printable)' holds \(places.pipelines.count) documents of kind Pipeline.",
                why: "A job runs one.", fix: "Name the folder of one pipeline.")
        }
        result.pipeline = name
        var request = folder.request()
        result.commit = request.commit
        let plan: DocumentPlanAnswer = try await client.post("/api/v1/documents/plan", request)
        guard plan.errors.isEmpty else {
            throw Problem(
                plan.errors[0].kind, plan.errors[0].code, "\(plan.errors.count) things in the documents stand in the way.",
                why: plan.errors[0].what, fix: plan.errors[0].fix, faults: plan.errors)
        }
        try await folder.upload(plan.files, with: client)
        request.plan = plan.digest
        let _: DocumentPlanAnswer = try await client.post("/api/v1/documents", request)
        return places
    }

    /// Records files as snapshots of datasets called as the parameters are.
    private func record() async throws -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for (parameter, place) in snapshots.sorted(by: { $0.key < $1.key }) {
            let file = URL(filePath: place)
            let blob: BlobAnswer = try await client.upload(file, to: "/api/v1/blobs")
            let request = RecordSnapshotRequest(
                files: [SnapshotFileBody(name: file.lastPathComponent, digest: blob.digest)], jurisdiction: nil, classifications: [])
            let snapshot: SnapshotAnswer = try await client.post(path("datasets", parameter, "snapshots"), request)
            values[parameter] = .string(snapshot.id)
        }
        return values
    }

    // MARK: while it runs

    private func follow(_ id: String) async throws -> ExecutionAnswer {
        var seen: [String: String] = [:]
        var lastAnswer = ContinuousClock.now
        while true {
            do {
                let answer: ExecutionAnswer = try await client.get(path("executions", id))
                lastAnswer = .now
                for step in answer.steps ?? []
                where step.state != "waiting" && seen.updateValue(step.state, forKey: step.name) != step.state {
                    say("  \(step.name)  \(step.state)\(step.state == "failed" ? step.why.map { ": \($0)" } ?? "" : "")")
                }
                if answer.ended != nil || answer.status == "waitingForApproval" { return answer }
            } catch let problem as Problem where problem.kind == .unavailable && lastAnswer.duration(to: .now) < Self.patience {
                // A server that restarts goes on with the execution.
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    // MARK: after

    /// Those about the versions that the execution registered.
    private func gateReports(of execution: ExecutionAnswer) async throws -> [GateReportAnswer] {
        var reports: [GateReportAnswer] = []
        for step in execution.steps ?? [] where step.kind == "register" {
            guard let model = step.outputs["model"]?.text, let version = step.outputs["version"]?.integer else { continue }
            reports += try await client.items(
                path("gate-reports"), ["model": model, "version": "\(version)"], limit: 100, as: GateReportAnswer.self)
        }
        return reports
    }
}

/// Where things stand in the files that a job sent.
struct DocumentPlaces: Sendable {
    /// With the file each stands in.
    let pipelines: [(name: String, file: String)]
    private let lines: [String: [Substring]]
    /// What step's own paths are beneath.
    let folder: String

    init(_ files: [DocumentFile], in folder: String) {
        self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        var pipelines: [(name: String, file: String)] = []
        var lines: [String: [Substring]] = [:]
        for file in files where file.folder != nil {
            lines[file.name] = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            if let match = file.text.firstMatch(
                of: /metadata\s*:\s*(?:\{\s*|\n\s+)(?:[a-z]+\s*:[^\n,}]*[,\n]\s*)*name\s*:\s*["']?([A-Za-z0-9._-]+)/)
            {
                pipelines.append((String(match.1), file.name))
            }
        }
        self.pipelines = pipelines
        self.lines = lines
    }

    var pipeline: String? { pipelines.count == 1 ? pipelines[0].name : nil }

    /// The line of the first 'name: STEP'.
    func place(ofStep step: String) -> (file: String, line: Int)? {
        for (_, file) in pipelines {
            let found = lines[file]?.firstIndex { line in
                line.firstMatch(of: /name\s*:\s*["']?([A-Za-z0-9._-]+)/).map { $0.1 == step } ?? false
            }
            if let found { return (file, found + 1) }
        }
        return nil
    }
}

extension CIResult.Finding {
    init(_ fault: Problem.Fault) {
        self.init(
            level: "error", rule: fault.code, message: [fault.what, fault.fix].compactMap(\.self).joined(separator: " "), file: fault.file,
            line: fault.line, column: fault.column)
    }

    /// What the tools of steps found, the checks of gates that did not pass, and the steps that broke without saying more.
    static func all(of result: CIResult, places: DocumentPlaces?) -> [CIResult.Finding] {
        var findings: [CIResult.Finding] = []
        for report in result.reports {
            findings += report.findings.map { finding in
                let file = finding.file.map { path in
                    path.hasPrefix("/") ? path : [places?.folder, path].compactMap(\.self).joined(separator: "/")
                }
                return CIResult.Finding(
                    level: finding.level, rule: finding.name, message: finding.message, file: file, line: finding.line,
                    column: finding.column)
            }
        }
        let gateStep = result.steps.first { $0.kind == "gate" }
        let gatePlace = gateStep.flatMap { places?.place(ofStep: $0.name) }
        for gate in result.gates {
            findings += gate.checks.filter { $0.outcome != "passed" }.map { check in
                CIResult.Finding(
                    level: check.outcome == "failed" ? "error" : "warning", rule: "gate/\(gate.gate)/\(check.name)",
                    message: "\(check.outcome.capitalized): \(check.reason)", file: gatePlace?.file, line: gatePlace?.line, column: nil)
            }
        }
        let told = Set(result.reports.filter { $0.found > 0 }.map { String($0.step.prefix { $0 != "[" }) })
        for step in result.steps where step.state == "failed" && step.kind != "gate" && !told.contains(step.name) {
            let place = places?.place(ofStep: step.name)
            findings.append(
                CIResult.Finding(
                    level: "error", rule: "step/\(step.name)", message: step.why ?? "The step failed.", file: place?.file,
                    line: place?.line,
                    column: nil))
        }
        return findings
    }
}
