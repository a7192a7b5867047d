// SPDX-License-Identifier: Apache-2.0

import Backends

/// What a trace can belong to.
package enum TraceLink {
    package enum Kind: String, Sendable, DatabaseConvertible {
        /// A run, by its id.
        case run
        /// A version of a registered prompt, as `name/number`.
        case prompt
    }

    /// Traces or targets of one request.
    package static let maximumAtOnce = 100
}
