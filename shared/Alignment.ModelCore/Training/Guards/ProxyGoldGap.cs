using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// The reward that is optimised no longer buys what it stands for (Gao et al. 2023): on the held-out set gold has stayed below its best
/// by more than the tolerance for some probes in a row, while the proxy is no lower than it was at gold's best. Good steps are those
/// where gold is at its best so far.
/// </summary>
/// <param name="tolerance">How far gold may lie below its best, in gold's own unit.</param>
/// <param name="patience">Probes in a row that gold must stay below (≥ 1).</param>
public sealed class ProxyGoldGap(double tolerance, int patience) : IGuard
{
    public string Name => "proxy_gold_gap";

    public IReadOnlyList<string> Watches => [ProbeMetrics.Proxy, ProbeMetrics.Gold];

    public bool CuredByKl => true;

    public Verdict Judge(GuardHistory history)
    {
        if (history.Reported([ProbeMetrics.Gold]) is not { } gold)
        {
            return Verdict.Calm;
        }

        var golds = gold.Recent;
        var proxies = history.Of(ProbeMetrics.Proxy).Recent;
        var best = Enumerable.Range(0, golds.Count).MaxBy(i => golds[i]);
        if (best == golds.Count - 1 || proxies.Count != golds.Count)
        {
            return Verdict.Calm;
        }

        var last = golds.TakeLast(patience).ToList();
        var fooled = golds.Count - 1 - best >= patience && last.TrueForAll(g => g < golds[best] - tolerance) && proxies.TakeLast(patience).Average() >= proxies[best];
        return !fooled ? Verdict.Doubtful : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"gold fell from {golds[best]:0.####} to {golds[^1]:0.####} on the held-out set while the proxy went from {proxies[best]:0.####} to {proxies[^1]:0.####}: the proxy is being gamed"),
            ("gold", golds[^1]), ("gold_best", golds[best]), ("proxy", proxies[^1]), ("proxy_at_best", proxies[best]));
    }
}
