// SPDX-License-Identifier: Apache-2.0

/// Code points, by ranges and by Unicode's general categories.
struct CharacterSet: Sendable {
    /// One member of a class; `[\P{L}]` has a negated one.
    struct Part: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var categories: Set<Unicode.GeneralCategory> = []
        var isNegated = false

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            (ranges.contains { $0.contains(scalar.value) }
                || (!categories.isEmpty && categories.contains(scalar.properties.generalCategory))) != isNegated
        }
    }

    private(set) var parts: [Part] = []
    var isNegated = false
    private var ignoresCase = false
    /// Membership of the first 128 code points, one bit each.
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)

    init(_ parts: [Part], isNegated: Bool = false, ignoresCase: Bool = false) {
        self.parts = parts
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt8.min..<128 where isMember(Unicode.Scalar(value)) {
            if value < 64 { ascii.low |= 1 << value } else { ascii.high |= 1 << (value - 64) }
        }
    }

    init(_ scalar: Unicode.Scalar, ignoresCase: Bool = false) {
        self.init([Part(ranges: [scalar.value...scalar.value])], ignoresCase: ignoresCase)
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 64 { return ascii.low >> scalar.value & 1 == 1 }
        if scalar.value < 128 { return ascii.high >> (scalar.value - 64) & 1 == 1 }
        return isMember(scalar)
    }

    private func isMember(_ scalar: Unicode.Scalar) -> Bool {
        var isFound = parts.contains { $0.contains(scalar) }
        if ignoresCase, !isFound {
            isFound = Self.variants(of: scalar).contains { variant in parts.contains { $0.contains(variant) } }
        }
        return isFound != isNegated
    }

    /// Letters that differ from this one by case only; of 's' and 'k' also the long s and the sign for kelvin.
    private static func variants(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if scalar.isASCII {
            guard scalar.properties.isAlphabetic else { return [] }
            let other = Unicode.Scalar(UInt8(scalar.value) ^ 32)
            switch scalar {
            case "s", "S": return [other, "\u{17F}"]
            case "k", "K": return [other, "\u{212A}"]
            default: return [other]
            }
        }
        var variants: [Unicode.Scalar] = []
        for mapped in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping, scalar.properties.titlecaseMapping] {
            let scalars = mapped.unicodeScalars
            if scalars.count == 1, let first = scalars.first, first != scalar { variants.append(first) }
        }
        for variant in variants {
            let scalars = variant.properties.lowercaseMapping.unicodeScalars
            if scalars.count == 1, let first = scalars.first, first != scalar { variants.append(first) }
        }
        return variants
    }
}

extension CharacterSet.Part {
    static let digits = CharacterSet.Part(ranges: [48...57])
    static let wordCharacters = CharacterSet.Part(ranges: [48...57, 65...90, 95...95, 97...122])
    /// Without the vertical tab, as in RE2.
    static let spaces = CharacterSet.Part(ranges: [9...10, 12...13, 32...32])
    static let lineFeed = CharacterSet.Part(ranges: [10...10])

    var negated: CharacterSet.Part {
        var part = self
        part.isNegated.toggle()
        return part
    }

    /// `\d` and its like; nil for another letter.
    static func perl(_ letter: Unicode.Scalar) -> CharacterSet.Part? {
        switch letter {
        case "d": digits
        case "D": digits.negated
        case "w": wordCharacters
        case "W": wordCharacters.negated
        case "s": spaces
        case "S": spaces.negated
        default: nil
        }
    }

    /// `[:alpha:]` and its like, of ASCII.
    static func posix(_ name: String) -> CharacterSet.Part? {
        switch name {
        case "alnum": CharacterSet.Part(ranges: [48...57, 65...90, 97...122])
        case "alpha": CharacterSet.Part(ranges: [65...90, 97...122])
        case "ascii": CharacterSet.Part(ranges: [0...127])
        case "blank": CharacterSet.Part(ranges: [9...9, 32...32])
        case "cntrl": CharacterSet.Part(ranges: [0...31, 127...127])
        case "digit": digits
        case "graph": CharacterSet.Part(ranges: [33...126])
        case "lower": CharacterSet.Part(ranges: [97...122])
        case "print": CharacterSet.Part(ranges: [32...126])
        case "punct": CharacterSet.Part(ranges: [33...47, 58...64, 91...96, 123...126])
        case "space": CharacterSet.Part(ranges: [9...13, 32...32])
        case "upper": CharacterSet.Part(ranges: [65...90])
        case "word": wordCharacters
        case "xdigit": CharacterSet.Part(ranges: [48...57, 65...70, 97...102])
        default: nil
        }
    }

    /// `\p{Lu}`, `\pL`: Unicode's general categories by their one or two letters.
    static func unicode(_ name: String) -> CharacterSet.Part? {
        if name == "Any" { return CharacterSet.Part(ranges: [0...0x10_FFFF]) }
        let found = GeneralCategoryName.all.filter { $0.name.hasPrefix(name) }.map(\.category)
        guard (1...2).contains(name.utf8.count), !found.isEmpty else { return nil }
        return CharacterSet.Part(categories: Set(found))
    }
}

/// The two letters of a general category (Unicode Standard Annex 44, table 12).
private struct GeneralCategoryName {
    let name: String
    let category: Unicode.GeneralCategory

    init(_ name: String, _ category: Unicode.GeneralCategory) {
        self.name = name
        self.category = category
    }

    static let all: [GeneralCategoryName] = [
        .init("Lu", .uppercaseLetter), .init("Ll", .lowercaseLetter), .init("Lt", .titlecaseLetter), .init("Lm", .modifierLetter),
        .init("Lo", .otherLetter), .init("Mn", .nonspacingMark), .init("Mc", .spacingMark), .init("Me", .enclosingMark),
        .init("Nd", .decimalNumber), .init("Nl", .letterNumber), .init("No", .otherNumber), .init("Pc", .connectorPunctuation),
        .init("Pd", .dashPunctuation), .init("Ps", .openPunctuation), .init("Pe", .closePunctuation), .init("Pi", .initialPunctuation),
        .init("Pf", .finalPunctuation), .init("Po", .otherPunctuation), .init("Sm", .mathSymbol), .init("Sc", .currencySymbol),
        .init("Sk", .modifierSymbol), .init("So", .otherSymbol), .init("Zs", .spaceSeparator), .init("Zl", .lineSeparator),
        .init("Zp", .paragraphSeparator), .init("Cc", .control), .init("Cf", .format), .init("Cs", .surrogate), .init("Co", .privateUse),
        .init("Cn", .unassigned),
    ]
}
