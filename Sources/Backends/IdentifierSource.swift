// SPDX-License-Identifier: Apache-2.0

package import Domain
import Synchronization

/// Makes 26-character identifiers that sort by the time they were made (the ULID layout: 48 bits of milliseconds, 80 random bits, Crockford base 32).
///
/// Within one source they strictly increase, also within a millisecond and when the clock steps back.
package final class IdentifierSource: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var high: UInt16 = 0
        var low: UInt64 = 0
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private let clock: any WallClock
    private let state = Mutex(State())

    package init(clock: any WallClock) {
        self.clock = clock
    }

    package func next() -> String {
        let now = UInt64(max(0, clock.now().milliseconds))
        return state.withLock { state in
            if now > state.milliseconds {
                var generator = SystemRandomNumberGenerator()
                state = State(milliseconds: now, high: UInt16(truncatingIfNeeded: generator.next()) & 0x7FFF, low: generator.next())
            } else {
                // A random step keeps neighbours from being guessed.
                let (sum, overflow) = state.low.addingReportingOverflow(UInt64.random(in: 1...(1 << 40)))
                state.low = sum
                if overflow { state.high += 1 }
            }
            return Self.text(state)
        }
    }

    /// When an identifier of such a source was made, to the millisecond; also of one that more follows, such as `….0`. Nil for other texts.
    package static func time(of identifier: String) -> Timestamp? {
        let digits = Array(identifier.utf8.prefix(26))
        guard digits.count == 26, digits.allSatisfy(alphabet.contains) else { return nil }
        // Ten digits of 5 bits, the first of which holds 3.
        let milliseconds = digits.prefix(10).reduce(UInt64(0)) { $0 << 5 | UInt64(alphabet.firstIndex(of: $1) ?? 0) }
        return Timestamp(milliseconds: Int64(milliseconds & 0xFFFF_FFFF_FFFF))
    }

    private static func text(_ state: State) -> String {
        // 128 bits: 48 of time, 16 high, 64 low; 26 digits of 5 bits, the first one holding 3.
        let high = (state.milliseconds << 16) | UInt64(state.high)
        var digits = [UInt8](repeating: 0, count: 26)
        var upper = high
        var lower = state.low
        for index in stride(from: 25, through: 0, by: -1) {
            digits[index] = alphabet[Int(lower & 31)]
            lower = (lower >> 5) | (upper << 59)
            upper >>= 5
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
