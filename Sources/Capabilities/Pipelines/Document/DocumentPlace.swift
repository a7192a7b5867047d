// SPDX-License-Identifier: Apache-2.0

import Domain

/// Where in a document something stands.
struct DocumentPlace: Hashable, Comparable {
    /// From 1.
    var line: Int
    /// In code points, from 1.
    var column: Int

    /// How every message about a document begins.
    var text: String { "Line \(line), column \(column): " }

    static func < (left: DocumentPlace, right: DocumentPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// What is wrong with a document, up to a bound.
///
/// Readers go on behind a refusal where what follows can still be read, so that a person sees all mistakes at once. A class, because
/// readers of parts of one document share it.
final class DocumentProblems {
    static let maximum = 20

    private var found: [(place: DocumentPlace, problem: Problem)] = []

    var isEmpty: Bool { found.isEmpty }
    var isFull: Bool { found.count >= Self.maximum }

    /// By place.
    var sorted: [Problem] {
        found.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element.problem)
    }

    func add(_ problem: Problem) {
        guard !isFull else { return }
        found.append((Self.place(of: problem), problem))
    }

    /// What `read` gives; nil, and the refusal is kept, when it refuses.
    @discardableResult
    func attempt<Value>(_ read: () throws(Problem) -> Value) -> Value? {
        do {
            return try read()
        } catch {
            add(error)
            return nil
        }
    }

    /// The place that a message begins with.
    private static func place(of problem: Problem) -> DocumentPlace {
        let numbers = problem.what.prefix { $0 != ":" }.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard problem.what.hasPrefix("Line "), numbers.count == 2 else { return DocumentPlace(line: 1, column: 1) }
        return DocumentPlace(line: numbers[0], column: numbers[1])
    }
}
