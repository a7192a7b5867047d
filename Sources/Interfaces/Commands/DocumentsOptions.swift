// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

/// Which documents are meant, and whose they are; shared by the commands over folders of documents.
struct DocumentsOptions: ParsableArguments {
    @Argument(help: "Files and folders of documents; folders are walked for .yaml, .yml and .json.") var paths: [String] = []

    @Option(help: "Who declares them; else the repository's name and the folder's path in it.") var source: String?

    /// - Throws: `Problem` when no path is given, or for what `DocumentFolder` refuses.
    func folder() throws -> DocumentFolder {
        guard !paths.isEmpty else {
            throw Problem(.invalid, "client.documents.absent", "No documents are named.", fix: "Give files or folders of them.")
        }
        let folder = try DocumentFolder(paths, source: source)
        if !folder.skipped.isEmpty {
            let names = folder.skipped.prefix(5).joined(separator: ", ") + (folder.skipped.count > 5 ? ", …" : "")
            Output.remark("skipped \(folder.skipped.count) files that are no documents of Dhow: \(names)")
        }
        return folder
    }
}

/// Which further objects may be touched.
struct ReachOptions: ParsableArguments {
    @Flag(help: "Also delete objects of this source that no document declares any more.") var prune = false

    @Flag(help: "Also take objects of other sources, and those that were made by hand.") var takeOver = false
}

extension Output {
    /// One object a line, with what changes beneath, and how many of each at the end.
    static func plan(_ plan: DocumentPlanAnswer, isDone: Bool) throws {
        for object in plan.objects {
            var notes: [String] = []
            if let owner = object.takenFrom { notes.append(owner.isEmpty ? "was made by hand" : "taken from \(owner)") }
            if object.drifted { notes.append("was changed by other ways since it was applied") }
            let note = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
            let place = object.file.map { "  \($0):\(object.line ?? 1)" } ?? ""
            let (sign, action) = words(for: object.action)
            print("\(sign) \(action)  \(object.kind) \(object.name)\(note)\(place)")
            if object.action == "update" { try changes(object.changes) }
        }
        let counts = ["create", "update", "delete", "no-change"].map { action in plan.objects.count { $0.action == action } }
        print(
            isDone
                ? "\(counts[0]) created, \(counts[1]) updated, \(counts[2]) deleted, \(counts[3]) unchanged by \(plan.source)."
                : "\(counts[0]) to create, \(counts[1]) to update, \(counts[2]) to delete, \(counts[3]) without change by \(plan.source).")
    }

    static func changes(_ changes: [FieldChangeAnswer]) throws {
        for change in changes.prefix(20) {
            print("      \(change.path): \(try short(change.from)) → \(try short(change.to))")
        }
        if changes.count > 20 { print("      … and \(changes.count - 20) more") }
    }

    /// One fault a line, as compilers write them, with the fix beneath.
    static func faults(_ faults: [Problem.Fault]) {
        var text = ""
        for fault in faults {
            text += "\(fault.file):\(fault.line):\(fault.column): error: \(fault.what)\n"
            if let why = fault.why { text += "  why: \(why)\n" }
            if let fix = fault.fix { text += "  fix: \(fix)\n" }
        }
        FileHandle.standardError.write(Data(text.utf8))
    }

    /// For people who look on; not part of the result.
    static func remark(_ line: String) {
        FileHandle.standardError.write(Data("dhow: \(line)\n".utf8))
    }

    private static func words(for action: String) -> (String, String) {
        switch action {
        case "create": ("+", "create   ")
        case "update": ("~", "update   ")
        case "delete": ("-", "delete   ")
        default: ("=", "no change")
        }
    }

    private static func short(_ value: JSONValue?) throws -> String {
        guard let value else { return "(nothing)" }
        let text = try line(value)
        return text.count > 60 ? text.prefix(59) + "…" : text
    }
}
