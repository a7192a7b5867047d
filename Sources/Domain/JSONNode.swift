// SPDX-License-Identifier: Apache-2.0

/// A JSON value as it was read: an object keeps its members in order, since a request's few members are found sooner than hashed.
package enum JSONNode: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([Member])

    package struct Member: Sendable {
        package let name: String
        package let node: JSONNode

        package init(name: String, node: JSONNode) {
            self.name = name
            self.node = node
        }
    }

    /// The same as a value of the domain; of repeated members the last one counts.
    package var value: JSONValue {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .array(let elements): .array(elements.map(\.value))
        case .object(let members): .object(Dictionary(members.map { ($0.name, $0.node.value) }, uniquingKeysWith: { $1 }))
        }
    }
}

extension [JSONNode.Member] {
    /// The last member of this name. O(members).
    package subscript(name: String) -> JSONNode? { last { $0.name == name }?.node }
}
