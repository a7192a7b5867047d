// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What is wrong with a document, up to a bound.
///
/// Readers go on behind a refusal where what follows can still be read, so that a person sees all mistakes at once. A class, because
/// readers of parts of one document share it.
package final class DocumentProblems {
    package static let maximum = 20

    private var found: [(place: (line: Int, column: Int), problem: Problem)] = []

    package init() {}

    package var isEmpty: Bool { found.isEmpty }
    package var isFull: Bool { found.count >= Self.maximum }

    /// By place.
    package var sorted: [Problem] {
        found.enumerated().sorted { left, right in
            let (a, b) = (left.element.place, right.element.place)
            return (a.line, a.column, left.offset) < (b.line, b.column, right.offset)
        }.map(\.element.problem)
    }

    package func add(_ problem: Problem) {
        guard !isFull else { return }
        found.append((Self.place(of: problem), problem))
    }

    /// What `read` gives; nil, and the refusal is kept, when it refuses.
    @discardableResult
    package func attempt<Value>(_ read: () throws(Problem) -> Value) -> Value? {
        do {
            return try read()
        } catch {
            add(error)
            return nil
        }
    }

    /// The place that a message begins with.
    private static func place(of problem: Problem) -> (line: Int, column: Int) {
        let place = DocumentPlace.split(problem.what).place
        return (place?.line ?? 1, place?.column ?? 1)
    }
}
