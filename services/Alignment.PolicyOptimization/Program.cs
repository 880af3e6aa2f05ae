using Alignment.ServiceDefaults;
using Alignment.PolicyOptimization;

var builder = WebApplication.CreateBuilder(args);
builder.AddPolicyOptimization();

var app = builder.Build();
app.MapServiceDefaults();
app.Run();
