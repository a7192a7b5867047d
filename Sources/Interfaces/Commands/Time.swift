// SPDX-License-Identifier: Apache-2.0

import Foundation

func nowMilliseconds() -> Int64 { Int64(Date.now.timeIntervalSince1970 * 1000) }
