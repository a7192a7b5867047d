// SPDX-License-Identifier: Apache-2.0

/// A function by its name, with all its forms.
struct Function: Sendable {
    /// Nil when no form takes these values. Of a member, the first is what it is called of.
    typealias Body = @Sendable (_ arguments: [ExpressionValue], _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue?

    let name: String
    let overloads: [Overload]
    let body: Body

    init(_ name: String, _ overloads: [Overload], _ body: @escaping Body) {
        self.name = name
        self.overloads = overloads
        self.body = body
    }

    func takes(_ count: Int, isMember: Bool) -> Bool {
        overloads.contains { $0.isMember == isMember && $0.parameters.count == count }
    }
}

extension ExpressionType {
    /// Parameters of generic functions.
    static let a = ExpressionType.parameter("A")
    static let b = ExpressionType.parameter("B")
}
