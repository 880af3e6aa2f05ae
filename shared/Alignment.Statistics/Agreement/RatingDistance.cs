namespace Alignment.Statistics.Agreement;

/// <summary>How far apart two ratings are, after Krippendorff (2011): the δ² of alpha.</summary>
public enum RatingDistance
{
    /// <summary>0 when equal, 1 otherwise: choices.</summary>
    Nominal,

    /// <summary>(Σ_{g=c..k} n_g − (n_c+n_k)/2)²: ranks and Likert scales.</summary>
    Ordinal,

    /// <summary>(c−k)².</summary>
    Interval,

    /// <summary>((c−k)/(c+k))²: ratings with a true zero.</summary>
    Ratio,
}
