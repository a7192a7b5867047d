// SPDX-License-Identifier: Apache-2.0

/// A page of a list; `next` is given back as `?after=` for the page that follows, nil on the last one.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    package var next: String?

    package init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

/// RFC 9457 problem details with two members of our own, `code` and `fix`.
package struct ProblemAnswer: Codable, Sendable {
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String?
    package var code: String
    package var fix: String?

    package init(type: String, title: String, status: Int, detail: String?, code: String, fix: String?) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
        self.fix = fix
    }
}
