// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance

extension SentDocuments {
    /// - Throws: `Problem` `.invalid` for what is no digest, or a folder that was not sent.
    init(_ request: DocumentsRequest) throws {
        var folders: [String: [String: BlobDigest]] = [:]
        for (folder, files) in request.folders ?? [:] {
            for (path, text) in files {
                guard let digest = BlobDigest(text) else {
                    throw Problem(
                        .invalid, "documents.folder.digest", "'\(text.printable)' is not the digest of file '\(path.printable)'.",
                        fix: "Give the SHA-256 of its content.")
                }
                folders[folder, default: [:]][path] = digest
            }
        }
        let files = try request.files.map { file in
            guard let name = file.folder else { return File(name: file.name, text: file.text) }
            guard request.folders?[name] != nil else {
                throw Problem(
                    .invalid, "documents.folder.unknown", "The folder '\(name.printable)' of '\(file.name.printable)' was not sent.",
                    fix: "Name it among 'folders'.")
            }
            return File(name: file.name, text: file.text, folder: folders[name] ?? [:])
        }
        self.init(
            source: request.source, files: files, prunes: request.prune ?? false, takesOver: request.takeOver ?? false,
            commit: request.commit)
    }
}

extension DocumentPlanAnswer {
    init(_ plan: DocumentPlan) throws {
        self.init(
            source: plan.source, digest: try plan.digest(), hasChanges: plan.hasChanges,
            objects: plan.objects.map { object in
                PlannedObjectAnswer(
                    kind: object.key.kind, name: object.key.name, action: object.action.rawValue, generation: object.generation,
                    digest: object.digest, changes: object.changes.map(FieldChangeAnswer.init), drifted: object.hasDrifted,
                    takenFrom: object.takenFrom, file: object.file, line: object.line)
            }, errors: plan.faults, files: plan.files.map(\.description).sorted())
    }
}

extension FieldChangeAnswer {
    init(_ change: FieldChange) {
        self.init(path: change.path, from: change.from, to: change.to)
    }
}

extension DocumentAnswer {
    init(_ object: DeclaredObject, isWhole: Bool) {
        self.init(
            kind: object.kind, name: object.name, source: object.source, generation: object.generation, digest: object.digest,
            file: object.file, commit: object.commit, author: object.author, created: object.created.milliseconds,
            applied: object.applied.milliseconds, spec: isWhole ? object.spec : nil, document: isWhole ? object.document : nil)
    }
}

extension DriftAnswer {
    init(_ drifted: DriftedObject) {
        self.init(
            object: DocumentAnswer(drifted.object, isWhole: false), state: drifted.state.rawValue,
            changes: drifted.changes.map(FieldChangeAnswer.init))
    }
}
