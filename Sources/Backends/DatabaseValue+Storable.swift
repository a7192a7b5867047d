// SPDX-License-Identifier: Apache-2.0

package import Domain

extension DatabaseValue {
    /// Refuses what the engines would store differently or not at all.
    ///
    /// - Throws: `Problem` `.invalid` for NaN (SQLite turns it into null) and for text with U+0000 (Postgres has none).
    package func requireStorable() throws(Problem) {
        switch self {
        case .real(let number) where number.isNaN:
            throw Problem(
                .invalid, "database.value.notANumber", "NaN cannot be stored as a number.",
                why: "One of the engines would turn it into null.",
                fix: "Send a number, or leave the value out.")
        case .text(let text) where Self.holdsNul(text):
            throw Problem(
                .invalid, "database.text.nul", "Text must not contain the character U+0000.", why: "One of the engines cannot store it.",
                fix: "Remove the character.")
        default:
            return
        }
    }

    /// Over the bytes themselves, as every text that is stored or looked for passes here: a text's own view takes two to three times as long.
    private static func holdsNul(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.contains(0) }
    }
}
