// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

extension DocumentNode {
    /// The one document in `text`; the codes of its problems begin with `pipelines`.
    static func root(of text: String) throws(Problem) -> DocumentNode {
        try root(of: text, codes: "pipelines")
    }
}
