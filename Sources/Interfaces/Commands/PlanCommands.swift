// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow plan`
package struct PlanCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what applying documents would create, update and delete.",
        discussion: "Exits with 0 when nothing would change, 2 when something would, and 1 when something stands in the way.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var documents: DocumentsOptions
    @OptionGroup var reach: ReachOptions

    package init() {}

    package func run() async throws {
        let plan: DocumentPlanAnswer
        do {
            let folder = try documents.folder()
            plan = try await options.client().post(
                "/api/v1/documents/plan", folder.request(prune: reach.prune, takeOver: reach.takeOver))
        } catch let problem as Problem {
            Output.complain(problem)
            throw ExitCode(1)
        }
        if options.json { try Output.json(plan) } else { try Output.plan(plan, isDone: false) }
        Output.faults(plan.errors)
        guard plan.errors.isEmpty else { throw ExitCode(1) }
        if plan.hasChanges { throw ExitCode(2) }
    }
}

/// `dhow apply`
package struct ApplyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Bring objects to what documents say: all of them, or none.",
        discussion: "Applying the same again changes nothing. Pipelines come with the files of their folders that their steps read.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var documents: DocumentsOptions
    @OptionGroup var reach: ReachOptions
    @Option(help: "Only if this is still the plan: the digest that 'dhow plan --json' gave.") var plan: String?

    package init() {}

    package func run() async throws {
        let client = try options.client()
        let folder = try documents.folder()
        var request = folder.request(prune: reach.prune, takeOver: reach.takeOver)
        let planned: DocumentPlanAnswer = try await client.post("/api/v1/documents/plan", request)
        guard planned.errors.isEmpty else { throw Self.refusal(planned.errors) }
        try await folder.upload(planned.files, with: client)
        request.plan = plan ?? planned.digest
        let applied: DocumentPlanAnswer = try await client.post("/api/v1/documents", request)
        if options.json { return try Output.json(applied) }
        try Output.plan(applied, isDone: true)
    }

    private static func refusal(_ faults: [Problem.Fault]) -> Problem {
        Problem(
            faults[0].kind, faults[0].code, "\(faults.count == 1 ? "One thing stands" : "\(faults.count) things stand") in the way.",
            why: "Nothing was changed.", fix: "Mend what is listed, and apply again.", faults: faults)
    }
}

/// `dhow drift`
package struct DriftCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Show which declared objects are not as they were applied.",
        discussion:
            "Without paths and --source, those of all sources. Exits with 0 when all are, 2 when one is not, and 1 when it cannot be said.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var documents: DocumentsOptions

    package init() {}

    package func run() async throws {
        let source = documents.source ?? (documents.paths.isEmpty ? nil : DocumentFolder.sourceName(of: documents.paths))
        let page: Page<DriftAnswer>
        do {
            page = try await options.client().get("/api/v1/documents/drift", ["source": source])
        } catch let problem as Problem {
            Output.complain(problem)
            throw ExitCode(1)
        }
        let drifted = page.items.filter { $0.state != "same" }
        if options.json {
            try Output.json(page.items)
        } else {
            for item in drifted {
                print(
                    "\(item.state == "deleted" ? "-" : "~") \(item.state)  \(item.object.kind) \(item.object.name)  (\(item.object.source))"
                )
                print(
                    "      applied \(Output.time(item.object.applied)) by \(item.object.author) from \(item.object.commit ?? "no commit")")
                try Output.changes(item.changes)
            }
            print("\(drifted.count) of \(page.items.count) declared objects are not as they were applied.")
        }
        if !drifted.isEmpty { throw ExitCode(2) }
    }
}

/// `dhow delete`
package struct DeleteCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete the objects that documents declare: all of them, or none.",
        discussion: "Only what this source declares; what is gone already is no error.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var documents: DocumentsOptions
    @Flag(help: "Everything that the source declares; takes --source and no paths.") var all = false
    @Flag(help: "Only say what would be deleted.") var dryRun = false

    package init() {}

    package func validate() throws {
        guard all == documents.paths.isEmpty, !all || documents.source != nil else {
            throw ValidationError("Give files or folders of documents, or --source and --all.")
        }
    }

    package func run() async throws {
        let request: DocumentsRequest
        if all {
            request = DocumentsRequest(source: documents.source ?? "", files: [], dryRun: dryRun, all: true)
        } else {
            request = try documents.folder().request(dryRun: dryRun)
        }
        let plan: DocumentPlanAnswer = try await options.client().post("/api/v1/documents/delete", request)
        if options.json { try Output.json(plan) } else { try Output.plan(plan, isDone: !dryRun) }
        Output.faults(plan.errors)
        guard plan.errors.isEmpty else { throw ExitCode(1) }
    }
}
