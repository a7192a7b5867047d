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

/// A place in a file that was sent.
struct SourcePlace: Sendable, Equatable {
    var file: String
    var line: Int
    var column: Int

    func fault(_ problem: Problem) -> Problem.Fault {
        Problem.Fault(
            file: file, line: line, column: column, kind: problem.kind, code: problem.code, what: DocumentPlace.split(problem.what).text,
            why: problem.why, fix: problem.fix)
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
        var start = Self.place(nil, in: text, of: file)
        do {
            let document = try Document(text.text, kinds: kinds.names, codes: "documents")
            let kind = try kinds.require(document.kind)
            start = Self.place(document.spec.place, in: text, of: file)
            let key = DocumentKey(kind: document.kind, name: document.name)
            if let first = keys.updateValue(start, forKey: key) {
                throw Problem(
                    .invalid, "documents.document.duplicate", "There are two documents of \(key).",
                    why: "The other one is in \(first.file), line \(first.line).", fix: "Remove or rename one of them.")
            }
            let problems = kind.faults(in: document)
            guard problems.isEmpty else { return problems.forEach { faults.append(Self.fault($0, or: start, in: text, of: file)) } }
            let content = try kind.content(of: document, with: file.folder)
            wanted.append(
                WantedObject(
                    key: key, content: content, digest: try CanonicalSpec.digest(of: content.spec), text: text.text, place: start))
        } catch let problem as Problem {
            faults.append(Self.fault(problem, or: start, in: text, of: file))
        }
    }

    /// Asks the kinds what they cannot know from the documents alone; `faults` grows by what they refuse.
    mutating func check() async throws {
        for object in wanted {
            do {
                try await kinds.require(object.key.kind).check(object.content)
            } catch let problem as Problem where problem.kind == .invalid {
                faults.append(object.place.fault(problem))
            }
        }
    }

    /// - Parameter start: Its place when it names none.
    private static func fault(
        _ problem: Problem, or start: SourcePlace, in text: DocumentPart, of file: SentDocuments.File
    ) -> Problem.Fault {
        (DocumentPlace.split(problem.what).place.map { place($0, in: text, of: file) } ?? start).fault(problem)
    }

    /// A place of the document as a place of the file; when it is not known, the document's first line with content.
    private static func place(_ place: DocumentPlace?, in part: DocumentPart, of file: SentDocuments.File) -> SourcePlace {
        func isContent(_ line: Substring.UTF8View) -> Bool { line.contains { $0 != 32 && $0 != 9 && $0 != 13 } }
        let lines = part.text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { Substring($0).utf8 }
        let line = place?.line ?? (lines.firstIndex(where: isContent) ?? 0) + 1
        return SourcePlace(file: file.name, line: line + part.firstLine - 1, column: place?.column ?? 1)
    }
}
