// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What may stand at a place of a document: the one description that its check (`faults(in:)`) and its JSON Schema (`schema`) are made of.
package indirect enum DocumentShape: Sendable {
    /// Text; all of it matches `pattern`, a regular expression in what Swift and ECMAScript share.
    case text(pattern: String? = nil, length: ClosedRange<Int> = 0...5000)
    case choice([String])
    /// Any scalar, read as text: `1` and `"1"` are the same.
    case scalar
    case boolean
    case integer(ClosedRange<Int>)
    case number(NumberRange)
    case list(DocumentShape, count: ClosedRange<Int> = 0...10_000)
    case record([DocumentField])
    /// Names of the user's choice, each with the same shape.
    case map(DocumentShape, keys: String? = nil)
    case either([DocumentShape])
    /// The shape with a sentence for people.
    case described(String, DocumentShape)
    case anything

    /// By the rules of `ResourceName`.
    package static let name = DocumentShape.text(pattern: "[A-Za-z0-9][A-Za-z0-9._-]*", length: 1...ResourceName.maximumLength)
}

/// One field of a record.
package struct DocumentField: Sendable {
    package var name: String
    package var shape: DocumentShape
    /// One sentence, shown by editors.
    package var summary: String
    package var isRequired: Bool
    /// What it is when it is left out, where that is a value.
    package var standard: JSONValue?

    package init(_ name: String, _ shape: DocumentShape, _ summary: String, isRequired: Bool = false, standard: JSONValue? = nil) {
        self.name = name
        self.shape = shape
        self.summary = summary
        self.isRequired = isRequired
        self.standard = standard
    }
}

/// Numbers between two bounds, each part of the range or not; nil is no bound.
package struct NumberRange: Sendable {
    package var above: Double?
    package var from: Double?
    package var below: Double?
    package var upTo: Double?

    package init(above: Double? = nil, from: Double? = nil, below: Double? = nil, upTo: Double? = nil) {
        self.above = above
        self.from = from
        self.below = below
        self.upTo = upTo
    }

    func contains(_ number: Double) -> Bool {
        (above.map { number > $0 } ?? true) && (from.map { number >= $0 } ?? true) && (below.map { number < $0 } ?? true)
            && (upTo.map { number <= $0 } ?? true)
    }

    var words: String {
        let bounds = [
            above.map { "above \($0)" }, from.map { "at least \($0)" }, below.map { "below \($0)" }, upTo.map { "at most \($0)" },
        ]
        let known = bounds.compactMap(\.self)
        return "a number" + (known.isEmpty ? "" : " " + known.joined(separator: " and "))
    }
}
