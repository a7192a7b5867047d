// SPDX-License-Identifier: Apache-2.0

/// One way to authenticate that a registry offers in `WWW-Authenticate` (RFC 9110 §11.6.1).
package struct RegistryChallenge: Hashable, Sendable {
    /// In lower case: `basic`, `bearer`.
    package var scheme: String
    /// By name in lower case.
    package var parameters: [String: String]

    package init(scheme: String, parameters: [String: String]) {
        self.scheme = scheme
        self.parameters = parameters
    }

    /// All challenges of a header; what cannot be read ends the list.
    package static func parse(_ header: String) -> [RegistryChallenge] {
        var scanner = Scanner(rest: Array(header.utf8)[...])
        var challenges: [RegistryChallenge] = []
        while let word = scanner.token() {
            if scanner.take(0x3D) {
                guard !challenges.isEmpty, let value = scanner.value() else { return challenges }
                challenges[challenges.count - 1].parameters[word.lowercased()] = value
            } else {
                challenges.append(RegistryChallenge(scheme: word.lowercased(), parameters: [:]))
            }
            scanner.skip()
        }
        return challenges
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        mutating func skip() {
            while let byte = rest.first, byte == 0x20 || byte == 0x2C || byte == 0x09 { rest.removeFirst() }
        }

        mutating func token() -> String? {
            skip()
            let bytes = rest.prefix { ![0x20, 0x09, 0x2C, 0x3D, 0x22].contains($0) }
            guard !bytes.isEmpty else { return nil }
            rest = rest.dropFirst(bytes.count)
            return String(decoding: bytes, as: UTF8.self)
        }

        /// A token or a quoted text with its escapes undone.
        mutating func value() -> String? {
            guard take(0x22) else { return token() }
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == 0x22 { return String(decoding: bytes, as: UTF8.self) }
                if byte == 0x5C, let escaped = rest.popFirst() { bytes.append(escaped) } else { bytes.append(byte) }
            }
            return nil
        }
    }
}
