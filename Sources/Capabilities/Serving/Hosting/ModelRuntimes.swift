// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// The runtimes of this process by the format they load; where one is missing, the problem that says so and how to get it.
package struct ModelRuntimes: Sendable {
    private let runtimes: [ModelFormat: Result<any ModelRuntime, Problem>]

    package init(_ runtimes: [ModelFormat: Result<any ModelRuntime, Problem>]) {
        self.runtimes = runtimes
    }

    /// - Throws: `Problem` `.unavailable` when the runtime is not installed.
    func runtime(for format: ModelFormat) throws(Problem) -> any ModelRuntime {
        guard let runtime = runtimes[format] else {
            throw Problem(
                .unavailable, "serving.runtime.missing", "There is no runtime for \(format.title) models here.",
                fix: "Start the server with one: docs/serving.md says how.")
        }
        return try runtime.get()
    }
}
