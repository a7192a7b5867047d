// SPDX-License-Identifier: Apache-2.0

import Governance

extension Caller {
    /// The same request made by the platform itself, for reads that the starter's roles should not decide.
    var asController: Caller { .controller("worker", in: workspace) }
}
