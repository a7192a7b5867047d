// SPDX-License-Identifier: Apache-2.0

/// Fields, keys and elements (CEL specification, "Field Selection").
enum Selection {
    static func select(_ select: SyntaxTree.Select, of value: ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        switch value {
        case .map(let map):
            let found = map[select.field]
            if select.isTest { return .bool(found != nil) }
            if select.isOptional { return .optional(OptionalValue(found)) }
            guard let found else {
                throw ExpressionError(.noSuchKey, "The map has no key '\(select.field)'.", fix: "Test with 'has( )', or select with '.?'.")
            }
            return found
        case .optional(let optional):
            guard let content = optional.value else { return select.isTest ? .bool(false) : .optional(.none) }
            var inner = select
            inner.isOptional = !select.isTest
            return try Self.select(inner, of: content)
        default:
            throw ExpressionError(.noOverload, "A value of type \(value.typeName) has no fields, so there is no '.\(select.field)'.")
        }
    }

    static func index(
        _ value: ExpressionValue, by index: ExpressionValue, isOptional: Bool
    ) throws(ExpressionError) -> ExpressionValue {
        if case .optional(let optional) = value {
            guard let content = optional.value else { return value }
            return try self.index(content, by: index, isOptional: true)
        }
        let found = try element(of: value, at: index)
        if isOptional { return .optional(OptionalValue(found)) }
        if let found { return found }
        guard case .map = value else {
            throw ExpressionError(.index, "The list has no element \(shown(index)).", fix: "Compare with 'size( )' before.")
        }
        throw ExpressionError(.noSuchKey, "The map has no key \(shown(index)).", fix: "Test with 'in', or take it with '[? ]'.")
    }

    private static func element(of value: ExpressionValue, at index: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        switch value {
        case .map(let map):
            switch index {
            case .bool, .int, .uint, .double, .string: return MapKey(asked: index).flatMap { map[$0] }
            default: throw ExpressionError(.noSuchKey, "A value of type \(index.typeName) is no key of a map.")
            }
        case .list(let list):
            guard case .int(let position)? = MapKey(asked: index) else {
                switch index {
                case .uint: return nil
                default: throw ExpressionError(.index, "\(shown(index)) is no index of a list.", fix: "Give a whole number.")
                }
            }
            return list.elements.indices.contains(Int(position)) ? list.elements[Int(position)] : nil
        default: throw ExpressionError(.noOverload, "A value of type \(value.typeName) has no elements.")
        }
    }

    private static func shown(_ value: ExpressionValue) -> String {
        switch value {
        case .int(let number): "\(number)"
        case .uint(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let value): "\(value)"
        case .string(let text): "'\(text.prefix(40))'"
        default: "of type \(value.typeName)"
        }
    }
}
