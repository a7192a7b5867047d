// SPDX-License-Identifier: Apache-2.0

/// Texts as a whole: case, trimming, joining, splitting, replacing, quoting, formatting (CEL strings extension).
enum StringExtension {
    static let all: [Function] = [
        text("lowerAscii") { text in
            String(
                String.UnicodeScalarView(text.unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value + 32)) : $0 }))
        },
        text("upperAscii") { text in
            String(
                String.UnicodeScalarView(text.unicodeScalars.map { ("a"..."z").contains($0) ? Unicode.Scalar(UInt8($0.value - 32)) : $0 }))
        },
        text("trim") { text in
            let start = text.unicodeScalars.drop { $0.properties.isWhitespace }
            guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
            return String(start[...last])
        },
        text("reverse") { text in String(String.UnicodeScalarView(text.unicodeScalars.reversed())) },
        Function("strings.quote", [.function(.string, gives: .string)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0] else { return nil }
            return try meter.make(quoted(text))
        },
        Function("join", [.member(.list(.string), gives: .string), .member(.list(.string), .string, gives: .string)]) {
            arguments, meter throws(ExpressionError) in try join(arguments, &meter)
        },
        Function("split", [.member(.string, .string, gives: .list(.string)), .member(.string, .string, .int, gives: .list(.string))]) {
            arguments, meter throws(ExpressionError) in try split(arguments, &meter)
        },
        Function(
            "replace",
            [.member(.string, .string, .string, gives: .string), .member(.string, .string, .string, .int, gives: .string)]
        ) { arguments, meter throws(ExpressionError) in
            try replace(arguments, &meter)
        },
        Function("format", [.member(.string, .list(.dyn), gives: .string)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let template) = arguments[0], case .list(let values) = arguments[1] else { return nil }
            var formatter = TextFormatter(template, values.elements)
            return .string(try formatter.format(&meter))
        },
    ]

    private static func text(_ name: String, _ change: @escaping @Sendable (String) -> String) -> Function {
        Function(name, [.member(.string, gives: .string)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0] else { return nil }
            try meter.charge(text: text.utf8.count)
            return try meter.make(change(text))
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 7: quoted += "\\a"
            case 8: quoted += "\\b"
            case 9: quoted += "\\t"
            case 10: quoted += "\\n"
            case 11: quoted += "\\v"
            case 12: quoted += "\\f"
            case 13: quoted += "\\r"
            case 34: quoted += "\\\""
            case 92: quoted += "\\\\"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func join(_ arguments: [ExpressionValue], _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        guard case .list(let list) = arguments[0] else { return nil }
        var separator = ""
        if arguments.count == 2 {
            guard case .string(let given) = arguments[1] else { return nil }
            separator = given
        }
        var joined = ""
        for (index, element) in list.elements.enumerated() {
            guard case .string(let text) = element else { return nil }
            let added = text.utf8.count + (index > 0 ? separator.utf8.count : 0)
            try meter.charge(1 + added / 10)
            try meter.allocate(added)
            if index > 0 { joined += separator }
            joined += text
        }
        return .string(joined)
    }

    private static func split(_ arguments: [ExpressionValue], _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        guard case .string(let text) = arguments[0], case .string(let separator) = arguments[1],
            let limit = limit(arguments.dropFirst(2).first)
        else { return nil }
        try meter.charge(text: text.utf8.count)
        if limit == 0 { return .list([]) }
        try meter.allocate(text.utf8.count)
        return .list(try pieces(of: text, separatedBy: separator, atMost: limit, &meter).map { .string($0) })
    }

    private static func replace(_ arguments: [ExpressionValue], _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        guard case .string(let text) = arguments[0], case .string(let old) = arguments[1], case .string(let new) = arguments[2],
            let limit = limit(arguments.dropFirst(3).first)
        else { return nil }
        try meter.charge(text: text.utf8.count + old.utf8.count + new.utf8.count)
        if limit == 0 { return arguments[0] }
        let pieces: [String]
        if old.isEmpty {
            // Nothing is found before each character and at the end.
            let letters = try Self.pieces(of: text, separatedBy: "", atMost: limit, &meter)
            pieces = [""] + letters + (limit > letters.count && !text.isEmpty ? [""] : [])
        } else {
            pieces = try Self.pieces(of: text, separatedBy: old, atMost: limit == .max ? .max : limit + 1, &meter)
        }
        let size = text.utf8.count + (pieces.count - 1) * new.utf8.count
        try meter.charge(text: size)
        try meter.allocate(size)
        return .string(pieces.joined(separator: new))
    }

    /// A text cut at a separator, at an empty one into its code points; the last piece is what remains when there would be more.
    private static func pieces(
        of text: String, separatedBy separator: String, atMost limit: Int, _ meter: inout Meter
    ) throws(ExpressionError) -> [String] {
        var pieces: [String] = []
        if separator.isEmpty {
            var rest = text.unicodeScalars[...]
            while !rest.isEmpty, pieces.count < limit - 1 {
                try meter.allocate(elements: 1)
                pieces.append(String(rest.removeFirst()))
            }
            if !rest.isEmpty { pieces.append(String(rest)) }
            return pieces
        }
        let bytes = Array(text.utf8)
        let search = SequenceSearch(Array(separator.utf8))
        var start = 0
        while pieces.count < limit - 1, let found = search.first(in: bytes, from: start) {
            try meter.allocate(elements: 1)
            pieces.append(String(decoding: bytes[start..<found], as: UTF8.self))
            start = found + separator.utf8.count
        }
        pieces.append(String(decoding: bytes[start...], as: UTF8.self))
        return pieces
    }

    /// How often; without end when it is absent or negative, nil when it is no number.
    private static func limit(_ argument: ExpressionValue?) -> Int? {
        guard let argument else { return .max }
        guard case .int(let number) = argument else { return nil }
        return number < 0 ? .max : Int(number)
    }
}
