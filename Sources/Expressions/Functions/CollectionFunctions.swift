// SPDX-License-Identifier: Apache-2.0

/// `size`, `type` and `dyn`.
enum CollectionFunctions {
    static let all: [Function] = [
        Function("size", sizes) { arguments, meter throws(ExpressionError) in
            switch arguments[0] {
            case .string(let text):
                try meter.charge(text: text.utf8.count)
                return .int(Int64(text.unicodeScalars.count))
            case .bytes(let bytes): return .int(Int64(bytes.count))
            case .list(let list): return .int(Int64(list.elements.count))
            case .map(let map): return .int(Int64(map.count))
            default: return nil
            }
        },
        Function("type", [.function(.a, gives: .type(.a))]) { arguments, _ in .type(arguments[0].typeName) },
        Function("dyn", [.function(.a, gives: .dyn)]) { arguments, _ in arguments[0] },
    ]

    private static let sizes: [Overload] = [ExpressionType.string, .bytes, .list(.a), .map(.a, .b)].flatMap {
        [Overload.function($0, gives: .int), .member($0, gives: .int)]
    }
}
