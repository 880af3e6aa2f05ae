namespace Alignment.ModelCore.Training.Guards;

/// <summary>One danger that a run is watched for: a pure decision over what was measured so far.</summary>
public interface IGuard
{
    /// <summary>Its key in the section <c>guards</c>, and its name in events.</summary>
    string Name { get; }

    /// <summary>Metrics it looks at.</summary>
    IReadOnlyList<string> Watches { get; }

    /// <summary>Whether a higher KL coefficient is the cure.</summary>
    bool CuredByKl { get; }

    Verdict Judge(GuardHistory history);
}
