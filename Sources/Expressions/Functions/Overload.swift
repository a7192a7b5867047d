// SPDX-License-Identifier: Apache-2.0

/// One form of a function, for checking.
struct Overload: Sendable {
    /// Whether it is called as `first.name(others)`.
    let isMember: Bool
    /// Of a member, the first is what it is called of.
    let parameters: [ExpressionType]
    let result: ExpressionType
    let isGeneric: Bool

    static func function(_ parameters: ExpressionType..., gives result: ExpressionType) -> Overload {
        Overload(isMember: false, parameters, result)
    }

    static func member(_ parameters: ExpressionType..., gives result: ExpressionType) -> Overload {
        Overload(isMember: true, parameters, result)
    }

    init(isMember: Bool, _ parameters: [ExpressionType], _ result: ExpressionType) {
        self.isMember = isMember
        self.parameters = parameters
        self.result = result
        isGeneric = parameters.contains(where: Self.isGeneric) || Self.isGeneric(result)
    }

    private static func isGeneric(_ type: ExpressionType) -> Bool {
        switch type {
        case .parameter: true
        case .type(let part?): isGeneric(part)
        default: type.parts.contains(where: isGeneric)
        }
    }
}
