// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What is wrong with a document, up to a bound.
///
/// Readers go on behind a refusal where what follows can still be read, so that a person sees all mistakes at once. A class, because
/// readers of parts of one document share it.
package final class DocumentProblems {
    package static let maximum = 20

    private var found: [(place: DocumentPlace, problem: Problem)] = []

    package init() {}

    package var isEmpty: Bool { found.isEmpty }
    package var isFull: Bool { found.count >= Self.maximum }

    /// By place.
    package var sorted: [Problem] {
        found.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element.problem)
    }

    package func add(_ problem: Problem) {
        guard !isFull else { return }
        found.append((DocumentPlace.split(problem.what).place ?? DocumentPlace(line: 1, column: 1), problem))
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
}
