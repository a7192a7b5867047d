// SPDX-License-Identifier: Apache-2.0

/// What one check of a gate asks for. Pure: the same evidence gives the same finding.
package protocol GateRule: Codable, Equatable, Sendable {
    /// Why it cannot be used; nil when it can.
    var fault: String? { get }

    /// - Parameter champion: The version that holds the place now; nil when there is none or it is the judged version itself.
    func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result
}

extension Decoder {
    /// A container that refuses members it does not know: a misspelt limit must not be a limit left out.
    func strictContainer<Key: CodingKey & CaseIterable>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let known = Set(Key.allCases.map(\.stringValue))
        let unknown = try container(keyedBy: AnyMember.self).allKeys.map(\.stringValue).filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath,
                    debugDescription:
                        "Unknown here: \(unknown.sorted().joined(separator: ", ")). Known: \(known.sorted().joined(separator: ", "))."
                ))
        }
        return try container(keyedBy: type)
    }
}

private struct AnyMember: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
