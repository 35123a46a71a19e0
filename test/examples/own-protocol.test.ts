// The example's own test, run with the others: it is written as a user would write it, beside the protocol.
import '../../examples/05-own-protocol/tgi-generate.test.js'
