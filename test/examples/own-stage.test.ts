// The example's own test, run with the others: it is written as a user would write it, beside the stage.
import '../../examples/03-own-stage/long-replies.test.js'
