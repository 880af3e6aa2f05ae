using Alignment.ServiceDefaults;
using Alignment.RewardModeling;

var builder = WebApplication.CreateBuilder(args);
builder.AddRewardModeling();

var app = builder.Build();
app.MapServiceDefaults();
app.Run();
