// SPDX-License-Identifier: Apache-2.0

package import Documents
import Domain

extension FreezeWindow {
    /// As a part of documents.
    package static let shape = DocumentShape.record([
        DocumentField("name", .name, "Its name, shown to whoever is refused.", isRequired: true),
        DocumentField("zone", .text(length: 1...100), "IANA time zone of the clock on the wall.", standard: .string("UTC")),
        DocumentField(
            "days", .list(.choice(FreezeWindow.Day.allCases.map(\.rawValue)), count: 1...7),
            "Every week on these days; without them the window is once."),
        DocumentField(
            "from", .text(length: 5...16), "A time such as 18:00, or without 'days' a moment such as 2026-12-20T18:00.", isRequired: true),
        DocumentField(
            "until", .text(length: 5...16), "The same; a time that is not later than 'from' is on the next day.", isRequired: true),
    ])
}
