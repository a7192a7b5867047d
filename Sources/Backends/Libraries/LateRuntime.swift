// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A runtime whose library is loaded with the first model that needs it, because most installations need only some.
package final class LateRuntime: ModelRuntime {
    package let name: String
    private let make: @Sendable () throws -> any ModelRuntime
    private let made = Mutex<(any ModelRuntime)?>(nil)

    /// - Parameter make: Asked again with the next model when it throws.
    package init(name: String, _ make: @escaping @Sendable () throws -> any ModelRuntime) {
        self.name = name
        self.make = make
    }

    /// - Throws: Also what making the runtime throws: `Problem` `.unavailable` when its library is missing.
    package func load(_ model: [UInt8]) throws -> any LoadedModel {
        let runtime = try made.withLock { made in
            if let made { return made }
            let runtime = try make()
            made = runtime
            return runtime
        }
        return try runtime.load(model)
    }
}
