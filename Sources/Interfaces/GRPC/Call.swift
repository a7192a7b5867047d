// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import Governance

/// What a call brings beside its message.
struct Call: Sendable {
    let metadata: Metadata
    /// When it began; a stream's messages are of one call.
    let begun: ContinuousClock.Instant
    /// Nil for calls that need no token.
    let admitted: Caller?

    /// - Precondition: The call needs a token.
    var caller: Caller {
        guard let admitted else { preconditionFailure("An open call has no caller.") }
        return admitted
    }

    /// By when the client wants its answer; nil when it does not say, or says it in a way that is not gRPC's.
    var deadline: ContinuousClock.Instant? {
        guard let text = CallGate.text("grpc-timeout", in: metadata), let unit = text.last, text.count <= 9,
            let number = Int64(text.dropLast()), number >= 0
        else { return nil }
        let timeout: Duration? =
            switch unit {
            case "H": .seconds(number * 3600)
            case "M": .seconds(number * 60)
            case "S": .seconds(number)
            case "m": .milliseconds(number)
            case "u": .microseconds(number)
            case "n": .nanoseconds(number)
            default: nil
            }
        return timeout.map { begun + $0 }
    }
}
