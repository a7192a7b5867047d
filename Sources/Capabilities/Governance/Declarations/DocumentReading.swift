// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// A document of good form, with where it stands.
struct WantedObject: Sendable {
    var key: DocumentKey
    var content: DocumentContent
    var digest: String
    var text: String
    var place: SourcePlace
}

/// A document's place in a file that was sent.
struct SourcePlace: Sendable, Equatable {
    var file: String
    /// Where the document begins; places in messages count from there.
    var firstLine = 1
    var line: Int
    var column: Int

    /// At the place that the message names, else here.
    func fault(_ problem: Problem) -> Problem.Fault {
        let (place, what) = DocumentPlace.split(problem.what)
        return Problem.Fault(
            file: file, line: place.map { $0.line + firstLine - 1 } ?? line, column: place?.column ?? column, kind: problem.kind,
            code: problem.code, what: what, why: problem.why, fix: problem.fix)
    }
}

/// Reads everything that was sent and tells everything that is wrong with it.
struct DocumentReading {
    private let kinds: DocumentKinds
    private(set) var wanted: [WantedObject] = []
    private(set) var faults: [Problem.Fault] = []
    /// What the documents are about, also those whose specs are faulty.
    private(set) var keys: [DocumentKey: SourcePlace] = [:]

    init(_ sent: SentDocuments, _ kinds: DocumentKinds) throws {
        self.kinds = kinds
        try sent.check()
        for file in sent.files { try read(file) }
    }

    private mutating func read(_ file: SentDocuments.File) throws {
        let texts: [DocumentPart]
        do {
            texts = try DocumentPart.divide(file.text, codes: "documents")
        } catch {
            return faults.append(SourcePlace(file: file.name, line: 1, column: 1).fault(error))
        }
        for text in texts {
            guard keys.count < SentDocuments.maximumDocuments else {
                throw Problem(
                    .tooLarge, "documents.document.tooMany", "There are more than \(SentDocuments.maximumDocuments) documents.",
                    fix: "Divide them among several sources.")
            }
            try read(text, in: file)
        }
    }

    private mutating func read(_ text: DocumentPart, in file: SentDocuments.File) throws {
        var start = Self.place(nil, of: text, in: file)
        do {
            let document = try Document(text.text, kinds: kinds.names, codes: "documents")
            let kind = try kinds.require(document.kind)
            start = Self.place(document.spec.place, of: text, in: file)
            let key = DocumentKey(kind: document.kind, name: document.name)
            if let first = keys.updateValue(start, forKey: key) {
                throw Problem(
                    .invalid, "documents.document.duplicate", "There are two documents of \(key).",
                    why: "The other one is in \(first.file), line \(first.line).", fix: "Remove or rename one of them.")
            }
            let problems = kind.faults(in: document)
            guard problems.isEmpty else { return faults += problems.map(start.fault) }
            let content = try kind.content(of: document, with: file.folder)
            wanted.append(
                WantedObject(
                    key: key, content: content, digest: try CanonicalSpec.digest(of: content.spec), text: text.text, place: start))
        } catch let problem as Problem {
            faults.append(start.fault(problem))
        }
    }

    /// Asks the kinds what they cannot know from the documents alone; what they refuse is a fault, and no longer wanted.
    mutating func check() async throws {
        var good: [WantedObject] = []
        for object in wanted {
            do {
                try await kinds.require(object.key.kind).check(object.content)
                good.append(object)
            } catch let problem as Problem where problem.kind != .unavailable && problem.kind != .internal {
                faults.append(object.place.fault(problem))
            }
        }
        wanted = good
    }

    /// - Parameter place: In the part; nil for its first line with content.
    private static func place(_ place: DocumentPlace?, of part: DocumentPart, in file: SentDocuments.File) -> SourcePlace {
        func isContent(_ line: Substring.UTF8View) -> Bool { line.contains { $0 != 32 && $0 != 9 && $0 != 13 } }
        let lines = part.text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { Substring($0).utf8 }
        let line = place?.line ?? (lines.firstIndex(where: isContent) ?? 0) + 1
        return SourcePlace(file: file.name, firstLine: part.firstLine, line: line + part.firstLine - 1, column: place?.column ?? 1)
    }
}
