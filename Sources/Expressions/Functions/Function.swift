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

/// All functions by name.
struct FunctionLibrary: Sendable {
    private let functions: [String: Function]

    init(_ groups: [[Function]]) {
        functions = Dictionary(groups.joined().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(_ name: String) -> Function? { functions[name] }

    var names: [String] { functions.keys.sorted() }

    static let standard = FunctionLibrary([
        OperatorFunctions.all, ConversionFunctions.all, TextFunctions.all, TimeFunctions.all, CollectionFunctions.all,
        StringExtension.all, StringPartExtension.all, MathExtension.all, MathExtension.extremes, OptionalExtension.all, SetExtension.all,
        EncoderExtension.all, NetworkExtension.all,
    ])
}
