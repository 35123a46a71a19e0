/** Comes between every node and its commits on a log: `around(group, outputs, work)` does the work of the commit, or not. */
export function onCommits(log, around) {
  const join = log.join.bind(log)
  log.join = (group, topic, assignee) => {
    const assigned = claim => {
      const commit = claim.commit.bind(claim)
      claim.commit = (from, to, outputs) => around(group, outputs, () => commit(from, to, outputs))
      assignee.assigned(claim)
    }
    const rest = { lost: claim => assignee.lost(claim), revoked: claim => assignee.revoked(claim) }
    return join(group, topic, { assigned, ...rest, failed: error => assignee.failed(error) })
  }
}
