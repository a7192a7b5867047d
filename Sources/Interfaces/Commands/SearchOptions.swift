// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Domain

/// Which of the things that can be searched are wanted, and in what order.
struct SearchOptions: ParsableArguments {
    @Option(help: "Such as \"metrics.auc > 0.8 AND params.depth = '4'\".") var filter: String?
    @Option(help: "Such as \"metrics.auc DESC\"; several divided by commas.") var order: String?
    @Option(help: "active, deleted or all.") var view = "active"

    var query: [String: String?] { ["filter": filter, "order": order, "view": view] }
}

extension TagBody {
    /// - Throws: `Problem` `.invalid` for what is not KEY=VALUE.
    init(parsing text: String) throws(Problem) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
            throw Problem(.invalid, "client.tag.malformed", "'\(text.printable)' is not KEY=VALUE.")
        }
        self.init(key: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
    }
}
